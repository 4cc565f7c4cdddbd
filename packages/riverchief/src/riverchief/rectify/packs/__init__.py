"""An inspection pack 迎检: everything about a river, an area, a period or a campaign in one zip that proves itself, with what is missing.

The copy for a district leaves out what a district must not see: clues, among them what an unannounced check was sent for,
enforcement, who is responsible for an outfall, letters that were not for it.
"""
