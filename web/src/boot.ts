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

// A browser starts the app without the styles that it did not get, and nobody could read it so: they are asked for once more.
const styled = () => getComputedStyle(document.getElementById('shell')!).position === 'fixed'
async function style() {
  if (styled()) return
  await Promise.all([...document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')].map(again))
  if (!styled()) throw new Error('the styles did not come')
}
const again = (link: HTMLLinkElement) =>
  new Promise<unknown>((resolve) => {
    const other = link.cloneNode() as HTMLLinkElement
    other.onload = other.onerror = resolve
    link.replaceWith(other)
  })

async function boot() {
  await style()
  await painted()
  fileOf(location.pathname)?.().catch(() => {}) // the router asks for it again, and says what is wrong
  await import('react-dom/client')
  await import('./theme') // and the design system with it
  const { start } = await import('./main')
  start()
}

boot().catch(() => {
  const shell = document.getElementById('shell')
  if (!shell) return
  shell.dataset.failed = ''
  shell.hidden = false // on the pages without a frame it is
})
