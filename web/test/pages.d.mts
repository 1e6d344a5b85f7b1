type Ids = Partial<Record<'account' | 'person' | 'opportunity' | 'won' | 'report' | 'upload', string>>

export const doors: Record<string, string>
export function pages(ids?: Ids): Record<string, string>
export const printed: string[]
