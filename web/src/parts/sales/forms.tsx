// The forms of leads and of opportunities, each file fetched when the first of its forms is opened.
import { useQuery } from '@tanstack/react-query'
import type { ComponentProps } from 'react'
import { salesOptions } from '../../api/sales'
import { fetched, later, useSoon } from '../later'
import { useMay } from '../may'
import type { Asking, LeadDialog } from './LeadDialogs'

const leads = fetched(() => import('./LeadDialogs'))
const Lead = later<ComponentProps<typeof LeadDialog>>('lead', () => leads().then((m) => m.LeadDialog))
const leadForms = [Lead]

/** The form that is asked for, if any. */
export function LeadDialogs({ asking, ...props }: Omit<ComponentProps<typeof LeadDialog>, 'asking'> & { asking: Asking | undefined }) {
  useSoon(leadForms, useMay()('sales'))
  useQuery(salesOptions)
  return asking && <Lead asking={asking} {...props} />
}

const deals = fetched(() => import('./DealDialogs'))
export const NewDeal = later('new deal', () => deals().then((m) => m.NewDeal))
export const EditDeal = later('edit deal', () => deals().then((m) => m.EditDeal))
export const CloseDeal = later('close deal', () => deals().then((m) => m.CloseDeal))
export const AddRole = later('add role', () => deals().then((m) => m.AddRole))
const dealForms = [NewDeal, EditDeal, CloseDeal, AddRole]

/** Fetches the forms of opportunities while the page is looked at. */
export const useDealForms = (may: boolean) => useSoon(dealForms, may)
