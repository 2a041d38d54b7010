"""Generations, jobs and attempts as rows: submitting, scheduling, claiming, booking, results, and what each job costs.

Calls no gateway and shows no page: `worker` runs jobs, `create` shows them.
Public: `models`, `claims`, `booking.book_reply`, `results.store`, `dispatch.next_step`, `quotes`, `tariffs`.
"""
