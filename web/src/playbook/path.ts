// Where something stands in a playbook.
export type Step = string | number
export type Path = readonly Step[]

/** "icp[0].criteria[2].points", as the server names places. */
export const pathText = (path: Path) => path.reduce<string>((s, step) => (typeof step === 'number' ? `${s}[${step}]` : s ? `${s}.${step}` : step), '')

/** What stands at a path of a value. */
export const at = (value: unknown, path: Path): unknown => path.reduce<unknown>((v, step) => (typeof v === 'object' && v !== null ? (v as Record<Step, unknown>)[step] : undefined), value)
