// Names for the shapes of the API. They come from its description (schema.ts); what that can't say yet is narrowed here, and only here:
// references that are left out or null, lists that are never null, and a finished import's summary, which is that of its run.
import type { components } from './schema'

type S = components['schemas']

/** RFC 3339 in UTC, null when not known. */
export type Time = string | null
export type Page<T> = { data: T[]; next_cursor: string }
export type Ref = S['Ref']
export type Stage = S['Contact']['stage']
export type Stats = S['Stats']
export type Health = S['HealthBody']
export type Merge = S['Merge']
export type MergeSide = S['MergeSide']
export type Drop = S['Drop']
export type Key = S['Key']
export type NewKey = S['CreateKeyInputBody']
export type CreatedKey = S['Created']
export type Ruling = S['Ruling']
export type Playbook = S['PlaybookBody']
export type PlaybookCheck = S['ValidateBody']
export type PlaybookProblem = S['Problem']
export type Change = S['Change']
export type Plan = S['Plan']
export type PlanEffect = S['PlanEffect']
export type PlanChange = S['PlanChange']
export type Applied = S['Applied']
export type ImportSummary = S['Summary']
export type Upload = S['Upload']
export type Inspected = S['Inspected']
export type MappingDocument = S['MappingDocument']
export type MappingChoice = S['ChoiceInputBody']
export type ColumnReport = S['ColumnReport']
export type RowReport = S['RowReport']
export type EntityFields = S['EntityInfo']
export type RememberedMapping = S['Remembered']
export type Line = S['Line']
export type Criterion = S['CriterionResult']
export type CommitteeRole = S['CommitteeRole']

export type SavedView = S['View']
export type NewView = S['CreateViewInputBody']
export type ViewChange = S['ChangeViewInputBody']

export type RetagRule = S['RetagRule']

export type Session = S['SessionBody']
export type Challenge = S['ChallengeBody']
export type NewFactor = S['FactorBody']
export type Recovery = S['RecoveryBody']
export type Demand = S['Demand']
export type BothFactors = S['BothFactorsInputBody']
export type User = S['User']
export type Role = User['role']
export type BrowserSession = S['Session']
export type SetUp = S['SetUpBody']
export type FirstUser = S['SetUpInputBody']
export type Credentials = S['SignInInputBody']
export type Invited = S['LinkBody']
export type Acceptance = S['AcceptInputBody']
export type PasswordChange = S['ChangePasswordInputBody']
export type NewUser = S['InviteInputBody']
export type UserChange = S['ChangeUserInputBody']
export type Delivered = S['DeliveredBody']
export type DeletedUser = S['Deleted']
export type DocPage = S['ManualPage']
export type DocHit = S['ManualHit']
export type AccessEntry = S['Entry']

type Linked<T, K extends keyof T> = Omit<T, K> & { [P in K]?: NonNullable<T[P]> | null }

export type Account = S['Account']
export type AccountDetail = S['AccountDetail']
export type Contact = Linked<S['Contact'], 'account'>
export type ContactDetail = Linked<S['ContactDetail'], 'account'>
export type Opportunity = Linked<S['Opportunity'], 'account'>
export type Overdue = Linked<S['Overdue'], 'account'>
export type Overview = Omit<S['Overview'], 'waiting' | 'overdue'> & { waiting: { total: number; data: Contact[] }; overdue: { total: number; data: Overdue[] } }
export type OpportunityDetail = Linked<S['OpportunityDetail'], 'account'>
export type NewOpportunity = S['CreateOpportunityInputBody']
export type OpportunityChange = S['ChangeOpportunityInputBody']
export type Closing = S['CloseOpportunityInputBody']
export type Acts = { accept: S['AcceptLeadInputBody']; reject: S['RejectLeadInputBody']; qualify: S['QualifyLeadInputBody'] }
export type Standing = S['Standing']
export type SalesOptions = S['OptionsBody']
export type Question = S['Question']
export type Event = Linked<S['Event'], 'account' | 'contact' | 'subject'>
export type Import = Omit<S['Import'], 'summary'> & { summary?: ImportSummary }
export type Explanation = Omit<S['Explanation'], 'of' | 'stage'> & { of: 'contact' | 'account'; stage: Stage }

export type AuditReport = S['AuditReport']
export type AuditCheck = S['AuditCheck']
export type AuditEvidence = S['AuditEvidence']
export type Audited = { position: number; at: Time; playbook: string; report: AuditReport }

export type View = S['DashboardDashboard']['view']
export type NewAnnotation = S['AnnotateInputBody']
export type AnnotationChange = S['ChangeAnnotationInputBody']
export type Schedules = S['SchedulesBody']
export type Schedule = S['MailingSchedule']
export type SchedulePlan = S['SchedulePlan']
export type ScheduleChange = S['ChangeScheduleInputBody']
