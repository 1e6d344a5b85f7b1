// Tables as CSV, made from what the page holds. A cell that a spreadsheet would take for a formula gets an apostrophe in front, as the
// server's exports have it.
export type CsvCell = string | number | null | undefined

const plainNumber = /^[+-]?\d+([.,]\d+)*([eE][+-]?\d+)?$/

function cell(x: CsvCell): string {
  if (x === null || x === undefined) return ''
  if (typeof x === 'number') return Number.isFinite(x) ? String(x) : ''
  const safe = /^[=@\t\r]/.test(x) || (/^[+-]/.test(x) && !plainNumber.test(x)) ? `'${x}` : x
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export const toCSV = (rows: readonly (readonly CsvCell[])[]) => rows.map((r) => r.map(cell).join(',') + '\n').join('')

/** Gives the browser a file to keep. */
export function save(name: string, text: string) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
