// What comes before the app: the colour scheme, set before the first paint, so that nothing flashes. The key is Mantine's own.
try {
  const chosen = localStorage.getItem('mantine-color-scheme-value')
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
} catch {
  // Storage may be forbidden; the light scheme stands.
}

// The file that begins the app can't say itself that it did not come.
addEventListener(
  'error',
  (e) => {
    if (!(e.target instanceof HTMLScriptElement)) return
    const shell = document.getElementById('shell')
    shell?.setAttribute('data-failed', '')
    shell?.removeAttribute('hidden')
  },
  true,
)
