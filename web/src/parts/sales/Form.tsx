import type { ComponentProps } from 'react'
import { s } from '../../strings.sales'
import { FormDialog } from '../Dialogs'
import { isConflict, messageOf } from '../States'

type FormProps = Omit<ComponentProps<typeof FormDialog>, 'problem'> & { error: unknown }

/** A form of sales: when somebody else was faster, it says so. */
export function Form({ error, ...form }: FormProps) {
  const problem = !error ? undefined : isConflict(error) ? s.fasterForm(messageOf(error)) : messageOf(error)
  return <FormDialog {...form} problem={problem} />
}
