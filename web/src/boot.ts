// What comes first: the styles, with which the page's outline (index.html) is painted, and then the app, a piece at a time, so that the browser
// paints and answers between the pieces.
import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './app.css'
import { fileOf } from './files'

// After the outline has been painted. A tab in the background paints nothing and isn't waited for.
const painted = () =>
  new Promise<void>((resolve) => {
    if (document.hidden) return resolve()
    requestAnimationFrame(() => setTimeout(resolve))
    setTimeout(resolve, 200)
  })

async function boot() {
  await painted()
  fileOf(location.pathname)?.().catch(() => {}) // the router asks for it again, and says what is wrong
  await import('react-dom/client')
  await import('./theme') // and the design system with it
  const { start } = await import('./main')
  start()
}

boot().catch(() => {
  const shell = document.getElementById('shell')
  if (shell) shell.dataset.failed = ''
})
