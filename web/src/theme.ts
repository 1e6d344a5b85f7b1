import { type CSSVariablesResolver, createTheme } from '@mantine/core'

// The look, set once: one accent, one type scale, tight rows, figures of equal width (see app.css).
export const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: 8, dark: 8 },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  breakpoints: { xxl: '97em' }, // beside the library's own: a table's last columns are for desktops
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  // A menu opens on its first item; the library's placeholder before it is nothing that a menu may hold.
  components: { Menu: { defaultProps: { withInitialFocusPlaceholder: false } } },
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '1.25rem', lineHeight: '1.35' }, h2: { fontSize: '1rem', lineHeight: '1.4' }, h3: { fontSize: '0.875rem', lineHeight: '1.4' } },
  },
})

// Mantine's dimmed and placeholder greys and its red of fields with a mistake miss AA on some of its own backgrounds.
export const cssVariables: CSSVariablesResolver = (t) => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': t.colors.gray[7],
    '--mantine-color-placeholder': t.colors.gray[7],
    '--mantine-color-error': t.colors.red[9],
    '--millrace-good': '#1f6e30',
    '--millrace-warn': '#8a4b00',
    '--millrace-bad': t.colors.red[9],
    '--millrace-band': t.colors.gray[3],
    '--millrace-line': t.colors.gray[3],
  },
  dark: {
    '--mantine-color-dimmed': t.colors.dark[1],
    '--mantine-color-placeholder': t.colors.dark[1],
    '--mantine-color-error': t.colors.red[4],
    '--millrace-good': t.colors.green[4],
    '--millrace-warn': t.colors.yellow[4],
    '--millrace-bad': t.colors.red[4],
    '--millrace-band': t.colors.dark[3],
    '--millrace-line': t.colors.dark[4],
  },
})
