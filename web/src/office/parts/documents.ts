/** What the pages about letters share. */
import { fromLocalField } from '@/shared/time'
import type { DocumentGiven, DocumentSummary, Ref } from '@/shared/api/types'

/** The boxes of the list, as the server knows them; '' shows all. */
export const BOXES = ['', 'drafts', 'to_review', 'to_sign', 'issued', 'receipts_due', 'replies_due', 'replies_late'] as const

/** What is entered of a letter besides its text. */
export interface Given {
  receivers: Ref[]
  copies: Ref[]
  urgency: string
  meetingAt: string
  meetingPlace: string
}

export const bodyOf = (given: Given): DocumentGiven => ({
  receiver_ids: given.receivers.map((row) => row.id),
  copy_ids: given.copies.map((row) => row.id),
  urgency: given.urgency,
  meeting_at: given.meetingAt ? fromLocalField(given.meetingAt) : null,
  meeting_place: given.meetingPlace,
})

/** Waiting states are dashed, as everything that is not settled. */
export const isSettled = (document: DocumentSummary): boolean => document.state === 'issued'
