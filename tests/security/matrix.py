"""The access matrix: what each visitor gets at every address of the studio.

Every object named in braces is Ben's (created by sample_data.py). The columns are what four visitors get:

  nobody     not signed in
  ben        the designer who owns these objects
  cleo       another designer, who owns nothing here
  ada        an admin

`sign-in` is a redirect to the sign-in page; a number is the status of the response. The text behind `<` is sent as form
data. A new address needs a line for each method it takes; a test checks that every other method is refused.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

ROLES = ("nobody", "ben", "cleo", "ada")
SIGN_IN = "sign-in"

PAGES = """
# address                                          nobody    ben  cleo ada
# ── Create, jobs, pictures ──────────────────────────────────────────────────────────────────────────────────────────
GET  /                                             sign-in   200  200  200
GET  /?reuse={picture}                             sign-in   200  200  200
GET  /?reference={picture}                         sign-in   200  200  200
GET  /generations/                                 sign-in   200  200  200
POST /generations/                                 sign-in   422  422  422
POST /generations/                                 sign-in   302  422  422  < {request}&reference={picture}
POST /away/                                        sign-in   302  302  302
POST /away/                                        sign-in   302  302  302  < job={failed_job}
PUT  /drafts/create/                               sign-in   400  400  400
PUT  /drafts/thread-{thread}/                      sign-in   400  404  404
POST /advice/                                      sign-in   200  200  200  < prompt=two+lovers+kissing
POST /duplicates/                                     sign-in   200  200  200  < {request}&reference={picture}
POST /refusals/{safety_note}/objection/            sign-in   204  404  404  < text=a+study+in+charcoal
GET  /jobs/                                        sign-in   200  200  200
GET  /jobs/{job}/                                  sign-in   200  404  404
POST /jobs/{job}/cancellation/                     sign-in   302  404  404
POST /jobs/{job}/rerouting/                        sign-in   302  404  404
POST /jobs/{failed_job}/retry/                     sign-in   302  404  404
POST /jobs/{failed_job}/rereading/                 sign-in   302  404  404
POST /jobs/{failed_job}/fallback/                  sign-in   302  404  404
GET  /help/errors/                                 sign-in   200  200  200
POST /pictures/                                    sign-in   422  422  422
POST /mask-files/                                  sign-in   422  422  422
GET  /pictures/{picture}/                          sign-in   200  404  404
GET  /pictures/{picture}/?q=herons&sort=rating     sign-in   200  404  404
POST /pictures/{picture}/star/                     sign-in   400  404  404
POST /pictures/{picture}/star/                     sign-in   204  404  404  < starred=1
POST /pictures/{picture}/rating/                   sign-in   400  404  404  < rating=6
POST /pictures/{picture}/rating/                   sign-in   204  404  404  < rating=5
GET  /pictures/{picture}/refinement/               sign-in   302  404  404
GET  /pictures/{picture}/candidates/               sign-in   200  404  404
POST /pictures/{candidate}/acceptance/             sign-in   302  404  404
POST /pictures/{candidate}/repetition/             sign-in   400  404  404
POST /pictures/{candidate}/discarding/             sign-in   302  404  404
POST /pictures/{candidate}/reopening/              sign-in   302  404  404
GET  /pictures/{picture}/mask/                     sign-in   200  404  404
GET  /pictures/{picture}/mask/?draft={draft}       sign-in   200  404  404
POST /pictures/{picture}/mask/                     sign-in   422  404  404
POST /pictures/{picture}/mask/duplicates/             sign-in   200  404  404
GET  /pictures/{picture}/mask/framings/            sign-in   400  404  404
PUT  /pictures/{picture}/mask/drafts/{draft}/      sign-in   400  404  404
GET  /comparison/                                  sign-in   404  404  404
GET  /comparison/?picture={picture}&picture={candidate}  sign-in  200  404  404
GET  /gallery/                                     sign-in   200  200  200
GET  /gallery/?before=999999                       sign-in   200  200  200
GET  /gallery/?q=owls&quality=high&at={picture}    sign-in   200  200  200
GET  /gallery/?choices=1                           sign-in   200  200  200
POST /gallery/selection/stars/                     sign-in   302  302  302  < picture={picture}
POST /gallery/selection/ratings/                   sign-in   302  302  302  < picture={picture}&value=4
POST /gallery/selection/tags/                      sign-in   302  302  302  < picture={picture}&name=poster
POST /gallery/selection/collections/               sign-in   302  404  404  < picture={picture}&collection={collection}
POST /gallery/selection/trash/                     sign-in   302  302  302  < picture={thrown_away}
POST /gallery/selection/restoration/               sign-in   302  302  302  < picture={thrown_away}
POST /gallery/selection/undo/                      sign-in   302  302  302  < act=1
GET  /collections/                                 sign-in   200  200  200
POST /collections/                                 sign-in   302  302  302  < name=Spring
GET  /collections/{collection}/                    sign-in   200  404  404
POST /collections/{collection}/details/            sign-in   302  404  404  < name=Spring&sharing=private
POST /collections/{collection}/cover/              sign-in   302  404  404  < picture={picture}
POST /collections/{collection}/order/              sign-in   204  404  404  < picture={picture}
POST /collections/{collection}/trashing/           sign-in   302  404  404
POST /collections/{collection}/restoration/        sign-in   302  404  404
GET  /collections/{shared_collection}/             sign-in   200  200  200
POST /collections/{shared_collection}/details/     sign-in   302  404  404  < name=Spring&sharing=see
POST /collections/{shared_collection}/order/       sign-in   409  404  404  < picture={picture}
GET  /trash/                                       sign-in   200  200  200
GET  /pictures/{picture}/download/                 sign-in   302  404  404
GET  /pictures/{picture}/download/?format=webp     sign-in   200  404  404

# ── Review links ────────────────────────────────────────────────────────────────────────────────────────────────────
GET  /reviews/                                     sign-in   200  200  200
GET  /reviews/new/?picture={picture}               sign-in   200  302  302
POST /reviews/new/                                 sign-in   302  302  302
POST /reviews/new/                                 sign-in   200  302  302  < picture={picture}&name=Second&days=7
GET  /reviews/{review}/                            sign-in   200  404  404
POST /reviews/{review}/address/                    sign-in   200  404  404
POST /reviews/{review}/revocation/                 sign-in   302  404  404
GET  /review/nothing/                              404       404  404  404
GET  /review/{review_token}/                       200       200  200  200
POST /review/{review_token}/password/              302       302  302  302
GET  /review/{review_token}/comparison/            302       302  302  302
GET  /review/{review_token}/pictures/1/            200       200  200  200
GET  /review/{review_token}/pictures/99/           404       404  404  404
GET  /review/{review_token}/pictures/1/512.webp    200       200  200  200
GET  /review/{review_token}/pictures/1/original.png  404     404  404  404
POST /review/{review_token}/pictures/1/comments/   422       422  422  422
POST /review/{review_token}/pictures/1/comments/   302       302  302  302  < text=Warmer&x=0.5&y=0.25
POST /review/{review_token}/pictures/1/approval/   302       302  302  302
POST /review/{review_token}/pictures/1/pick/       302       302  302  302

# ── Threads, plans ──────────────────────────────────────────────────────────────────────────────────────────────────
GET  /threads/                                     sign-in   200  200  200
GET  /threads/?q=herons&trash=1                    sign-in   200  200  200
POST /threads/                                     sign-in   422  422  422
POST /threads/                                     sign-in   302  422  422  < {turn_request}&base={picture}
GET  /threads/new/                                 sign-in   200  200  200
GET  /threads/new/?picture={picture}               sign-in   200  404  404
GET  /threads/new/mask/{picture}/                  sign-in   200  404  404
POST /threads/new/mask/{picture}/                  sign-in   422  404  404
GET  /threads/{thread}/                            sign-in   200  404  404
GET  /threads/{thread}/?from={picture}             sign-in   200  404  404
POST /threads/{thread}/turns/                      sign-in   422  404  404
POST /threads/{thread}/title/                      sign-in   302  404  404  < title=Another
POST /threads/{thread}/trashing/                   sign-in   302  404  404
POST /threads/{thread}/restoration/                sign-in   302  404  404
GET  /threads/{thread}/mask/{picture}/             sign-in   200  404  404
POST /threads/{thread}/mask/{picture}/             sign-in   422  404  404
POST /plans/                                       sign-in   422  422  422
POST /plans/                                       sign-in   302  302  302  < {plan_request}
GET  /plans/{plan}/                                sign-in   302  404  404
POST /plans/{plan}/decision/                       sign-in   302  404  404  < decision=ignored

# ── Money ───────────────────────────────────────────────────────────────────────────────────────────────────────────
GET  /spend/                                       sign-in   200  200  200
GET  /spend/days.csv                               sign-in   404  404  200
GET  /spend/people.csv                             sign-in   404  404  200
GET  /spend/entries.csv                            sign-in   404  404  200
GET  /spend/people/                                sign-in   404  404  200
GET  /spend/people/{person}/                       sign-in   200  404  200
GET  /spend/people/{person}/days.csv               sign-in   200  404  200
GET  /spend/people/{person}/entries.csv            sign-in   200  404  200
GET  /spend/upstreams/                             sign-in   404  404  200
POST /spend/upstreams/readings/                    sign-in   404  404  302
GET  /spend/entries/                               sign-in   404  404  200
GET  /spend/entries/{entry}/                       sign-in   200  404  200
POST /spend/entries/{entry}/opening/               sign-in   404  404  302
GET  /spend/statements/                            sign-in   200  200  200
POST /spend/statements/                            sign-in   404  404  302  < month=2026-09
GET  /spend/statements/2026-10/                    sign-in   200  404  200
GET  /spend/statements/2026-10.csv                 sign-in   200  404  200
GET  /spend/statements/2026-10/people/{person}/    sign-in   200  404  200
GET  /spend/statements/2026-10/people/{person}.csv  sign-in  200  404  200

# ── Settings ────────────────────────────────────────────────────────────────────────────────────────────────────────
GET  /session/                                     200       200  200  200
GET  /signed-in/                                   sign-in   200  200  200
GET  /settings/                                    sign-in   200  200  200
POST /settings/                                    sign-in   302  302  302  < name=Somebody
GET  /settings/email/                              sign-in   200  200  200
POST /settings/email/                              sign-in   200  200  200
POST /settings/theme/                              sign-in   302  302  302  < theme=dark
POST /settings/shortcuts/                          sign-in   302  302  302
POST /settings/fallback/                           sign-in   302  302  302  < fallback=never
GET  /settings/security/                           sign-in   200  200  200
GET  /settings/security/app/                       sign-in   302  200  200
POST /settings/security/app/                       sign-in   302  200  200
GET  /settings/security/app/removal/               sign-in   200  404  404
POST /settings/security/app/removal/               sign-in   302  404  404
GET  /settings/security/codes/                     sign-in   200  404  404
GET  /settings/security/codes/new/                 sign-in   200  200  200
POST /settings/security/codes/new/                 sign-in   302  200  200
GET  /settings/security/codes/download/            sign-in   200  404  404
GET  /settings/security/passkeys/                  sign-in   302  302  302
GET  /settings/security/passkeys/new/              sign-in   200  200  200
POST /settings/security/passkeys/new/              sign-in   200  200  200
GET  /settings/security/passkeys/{passkey}/name/   sign-in   200  404  404
POST /settings/security/passkeys/{passkey}/name/   sign-in   302  404  404  < name=Mine
GET  /settings/security/passkeys/{passkey}/removal/  sign-in  200  404  404
POST /settings/security/passkeys/{passkey}/removal/  sign-in  302  404  404
POST /settings/security/sessions/ends/             sign-in   302  302  302
POST /settings/security/sessions/{session}/end/    sign-in   302  404  404
GET  /settings/audit/                              sign-in   404  404  200
GET  /settings/audit/?actor=studio&before=9        sign-in   404  404  200
GET  /settings/upstreams/                          sign-in   404  404  200
GET  /settings/upstreams/new/                      sign-in   404  404  200
POST /settings/upstreams/new/                      sign-in   404  404  422
GET  /settings/upstreams/{upstream}/               sign-in   404  404  200
POST /settings/upstreams/{upstream}/               sign-in   404  404  422
POST /settings/upstreams/{upstream}/               sign-in   404  404  302  < {upstream_form}
POST /settings/upstreams/{upstream}/activation/    sign-in   404  404  302
POST /settings/upstreams/{upstream}/deactivation/  sign-in   404  404  302
POST /settings/upstreams/{upstream}/resumption/    sign-in   404  404  302
POST /settings/upstreams/{upstream}/forgetting/    sign-in   404  404  302
POST /settings/upstreams/{upstream}/removal/       sign-in   404  404  302
POST /settings/upstreams/{upstream}/checks/        sign-in   404  404  302
GET  /settings/upstreams/{upstream}/checks/{check}/  sign-in   404  404  200
POST /settings/upstreams/{upstream}/test-pictures/        sign-in   404  404  302
GET  /settings/upstreams/{upstream}/test-pictures/{test_picture}/  sign-in   404  404  200
POST /settings/alerts/{alert}/dismissal/           sign-in   404  404  302
GET  /settings/health/                             sign-in   404  404  200
GET  /settings/prices/                             sign-in   404  404  200
POST /settings/prices/tokens/                      sign-in   404  404  422
GET  /settings/prices/tokens/{price}/              sign-in   404  404  200
POST /settings/prices/tokens/{price}/              sign-in   404  404  422
POST /settings/prices/tokens/{price}/removal/      sign-in   404  404  302
POST /settings/prices/pictures/                    sign-in   404  404  422
GET  /settings/prices/pictures/{image_price}/      sign-in   404  404  200
POST /settings/prices/pictures/{image_price}/      sign-in   404  404  422
POST /settings/prices/pictures/{image_price}/removal/  sign-in  404  404  302
GET  /settings/budgets/                            sign-in   404  404  200
POST /settings/budgets/studio/                     sign-in   404  404  302
POST /settings/budgets/everyone/                   sign-in   404  404  302
POST /settings/budgets/raises/                     sign-in   404  404  302
GET  /settings/budgets/people/{person}/            sign-in   404  404  200
POST /settings/budgets/people/{person}/            sign-in   404  404  302
POST /settings/budgets/people/{person}/removal/    sign-in   404  404  302
GET  /approvals/                                   sign-in   404  404  200
POST /approvals/{generation}/grant/                sign-in   404  404  302
POST /approvals/{generation}/refusal/              sign-in   404  404  302
GET  /settings/safety/                             sign-in   404  404  200
GET  /settings/safety/?category=explicit&wrong     sign-in   404  404  200
GET  /settings/safety/cases.json                   sign-in   404  404  200
GET  /settings/safety/cases.toml                   sign-in   404  404  200
POST /settings/safety/thresholds/                  sign-in   404  404  302  < violence=0.9
POST /settings/safety/{safety_note}/mistake/       sign-in   404  404  302
POST /settings/safety/{safety_note}/dismissal/     sign-in   404  404  302
GET  /settings/studio/                             sign-in   404  404  200
POST /settings/studio/                             sign-in   404  404  302
GET  /settings/storage/                            sign-in   404  404  200
POST /settings/storage/                            sign-in   404  404  302  < trash_days=30
GET  /settings/people/                             sign-in   404  404  200
POST /settings/people/invitations/                 sign-in   404  404  200  < email=new@example.com&role=designer
POST /settings/people/invitations/{invitation}/revocation/  sign-in  404  404  302
POST /settings/people/{person}/reset-link/         sign-in   404  404  200
POST /settings/people/{person}/second-factor-removal/  sign-in  404  404  302
POST /settings/people/{person}/role/               sign-in   404  404  302  < role=admin
POST /settings/people/{person}/deactivation/       sign-in   404  404  302
GET  /settings/people/{person}/erasure/            sign-in   404  404  404
POST /settings/people/{person}/erasure/            sign-in   404  404  404
POST /settings/people/{person}/reactivation/       sign-in   404  404  302

# ── Sign-in ─────────────────────────────────────────────────────────────────────────────────────────────────────────
GET  /accounts/login/                              200       302  302  302
POST /accounts/login/                              200       302  302  302
GET  /accounts/logout/                             302       200  200  200
POST /accounts/logout/                             302       302  302  302
GET  /accounts/inactive/                           200       200  200  200
GET  /accounts/reauthenticate/                     sign-in   200  200  200
POST /accounts/reauthenticate/                     sign-in   200  200  200
GET  /accounts/reauthenticate/code/                sign-in   200  302  302
POST /accounts/reauthenticate/code/                sign-in   200  302  302
GET  /accounts/reauthenticate/passkey/             sign-in   200  302  302
POST /accounts/reauthenticate/passkey/             sign-in   302  302  302
GET  /accounts/code/                               302       302  302  302
POST /accounts/code/                               302       302  302  302
GET  /accounts/passkey/                            302       302  302  302
POST /accounts/passkey/                            302       302  302  302
POST /accounts/company/company/login/              404       404  404  404
GET  /accounts/company/company/login/callback/     404       404  404  404
GET  /accounts/company/canceled/                   200       200  200  200
GET  /accounts/company/error/                      401       401  401  401
GET  /accounts/password/change/                    sign-in   200  200  200
POST /accounts/password/change/                    sign-in   200  200  200
GET  /accounts/password/set/                       sign-in   302  302  302
POST /accounts/password/set/                       sign-in   302  302  302
GET  /accounts/password/reset/                     200       200  200  200
POST /accounts/password/reset/                     200       200  200  200
GET  /accounts/password/reset/done/                200       200  200  200
GET  /accounts/password/reset/key/0-nothing/       200       200  200  200
POST /accounts/password/reset/key/0-nothing/       200       200  200  200
GET  /accounts/password/reset/key/done/            200       200  200  200
GET  /sign-in/{sign_in_token}/                     200       200  200  200
POST /sign-in/{sign_in_token}/                     302       302  302  302
GET  /invitations/{invitation_token}/              200       200  200  200
POST /invitations/{invitation_token}/              200       200  200  200

# ── Probes ──────────────────────────────────────────────────────────────────────────────────────────────────────────
GET  /healthz                                      200       200  200  200
GET  /readyz                                       200       200  200  200
"""

# The apps beside Django (asgi.py). 204 tells a browser without access not to reconnect to the event stream.
APPS = """
GET  /live/                                        204       200  200  200
POST /live/                                        204       204  204  204
GET  /media/{picture}/original.png                 404       200  404  404
HEAD /media/{picture}/original.png                 404       200  404  404
GET  /media/{picture}/original.png?download=1      404       200  404  404
GET  /media/{picture}/512.webp                     404       200  404  404
GET  /media/{picture}/1280.webp                    404       200  404  404
GET  /media/{picture}/raw.png                      404       200  404  404
GET  /media/{picture}/difference.webp              404       200  404  404
GET  /media/masks/{mask}.png                       404       200  404  404
GET  /media/jobs/{job}/partial-0.webp              404       200  404  404
GET  /media/replies/{kept_reply}                   404       200  404  404
POST /media/{picture}/original.png                 405       405  405  405
GET  /media/nothing                                404       404  404  404
GET  /static/css/base.css                          200       200  200  200
"""


@dataclass(frozen=True)
class Row:
    """One line of a table; its address and form contain the names of objects in braces."""

    method: str
    address: str
    answers: dict[str, str]
    form: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.address}" + (f" < {self.form}" if self.form else "")

    def to(self, values: dict[str, str]) -> str:
        return self.address.format(**values)

    def fields(self, values: dict[str, str]) -> dict[str, list[str]]:
        fields: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.form.format(**values), keep_blank_values=True):
            fields.setdefault(name, []).append(value)
        return fields


def rows(table: str) -> list[Row]:
    lines = [line for line in table.splitlines() if line.strip() and not line.startswith("#")]
    return [row(line) for line in lines]


def row(line: str) -> Row:
    head, _, form = line.partition(" < ")
    method, address, *answers = head.split()
    assert len(answers) == len(ROLES), f"four answers are needed: {line}"
    assert all(re.fullmatch(rf"{SIGN_IN}|[2-4]\d\d", answer) for answer in answers), line
    return Row(method, address, dict(zip(ROLES, answers, strict=True)), form.strip())
