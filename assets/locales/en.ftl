# Words of the app. Keys and values are those of id.ftl; a test keeps them so.

## Frame
claim = Field visits to cooperatives, with or without signal
claim-plain = Field visits to cooperatives
navigation = Main menu
skip = Skip to content
nav-home = Home
nav-inbox = Approval
nav-cooperatives = Cooperatives
nav-queue = Outbox
nav-settings = Settings
back = Back
cancel = Cancel
more = Show more
details = Details
later = Later
progress = Progress
following-missing = This part of the app has not come yet. Find signal, then try again. No data is lost.
following-again = Try again
asking = Loading …
starting = Preparing Anjangsana …
reload = Reload
to-home = Go to Home
today-at = today, { $clock }
broken-title = The app has stopped
broken-text = Something went wrong in the app. Saved answers are not lost. Reload to go on.
not-found-title = No such page
not-found-text = This address does not exist in Anjangsana.
update-title = A new version is available
update-text = It reloads for a moment. Saved answers stay.
update-now = Update
update-needed = The server no longer takes this version of the app. You can go on working, and everything is kept on this phone. Update the app so that the data is sent.

## Gate
login = Log in
login-title = Log in
login-first = Log in once while there is signal. From then on Anjangsana works without it.
login-first-wait = Logging in needs signal. The app is not ready to work without it yet; leave it open after the login until it is.
login-replace = Logging in needs signal. Data kept on this phone is not lost.
login-busy = Logging in …
login-offline = The server cannot be reached. The first login on this phone needs signal; find signal and try again.
login-other = Log in with another account
login-needed = The server no longer takes your session. Log in again so that data is sent; what is on this phone is not lost.
username = User name
password = Password
password-show = Show password
old-secret = PIN or former password
old-secret-hint = Your password was changed elsewhere. The data on this phone opens with the PIN or the former password.
choose-account = Choose an account
other-account-here = Another account on this phone
pin = PIN
pin-new = New PIN (6 digits)
pin-old = Former PIN or password
pin-again = Repeat the PIN
pin-save = Save PIN
pin-saving = Saving PIN …
pin-differs = The two PINs differ.
pin-changed = The PIN was changed.
pin-choose-title = Choose a PIN
pin-choose-text = Hello { $name }. A PIN of six digits opens the app without signal and locks the data on this phone from others.
pin-forgotten = Forgot the PIN?
password-changed = Was the password changed? Log in at the server
unlock-password-title = Enter the password
unlock-password-text = The password opens the data of { $name } on this phone, without signal too. Then choose a new PIN. Use the password last used on this phone.
unlock-password-only = The data of { $name } on this phone opens with the password, without signal too; no PIN is taken. Nothing is lost. Then choose a new PIN.
pin-wait = Wrong PIN several times. Wait { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
}.
back-to-pin = Back to the PIN
unlock = Open
unlock-busy = Opening …
unlock-title = Enter your PIN
unlock-text = The data of { $name } on this phone is locked.
no-storage-title = Data cannot be kept
no-storage-text = This browser cannot keep data on the phone, perhaps because the window is private or the browser is old. Open it in a normal window or update the browser. No data was lost.
other-tab-title = Anjangsana is open in another tab
other-tab-text = The data can be open in one tab only. Use that tab, or move here.
other-tab-take = Use it in this tab
newer-title = Update the app
newer-text = The data on this phone was made by a newer version of the app. It was not touched. Update the app to open it.

## Signal and sending
offline = No signal. You can go on working; data is kept on the phone.
not-ready = Not ready to work without signal. The app is still being downloaded; leave it open while there is signal.
offline-ready = Ready to work without signal
gone-title = The data of Anjangsana was removed from this phone
gone-text = The storage of this app was cleared. Do not close or reload the app: what was not sent is there only while the app is open. Send it now while there is signal, or save a backup. Then reload and log in again.
signal-there = Signal
signal-none = No signal
signal-server-away = Server cannot be reached
sync-running = Syncing …
sync-pulling = Receiving data … { $n } records
sync-login = Login needed
sync-update = App update needed
sync-trouble = Trouble with sending
sync-last = Last synced: { $at }
sync-never = Never synced with the server
sync-now = Sync now
send-now = Send now
next-try = Next try { $at }
first-sync = Receiving data for the first time: { $n } records so far. It goes on by itself.
all-sent = Everything is sent
unsent-count = { $n } unsent
unsent-visits = { $n ->
    [one] { $n } visit
   *[other] { $n } visits
} not sent yet.
unsent-since = { $n ->
    [one] { $n } visit
   *[other] { $n } visits
} not sent since { $date }.
unsent-urgent = { $n ->
    [one] One visit has
   *[other] { $n } visits have
} not been sent since { $date }. Find signal before { $by }.
little-room = The phone's storage is nearly full (about { $x } MB left). Send the photos first, then remove what you do not need from the phone.
clock-wrong = This phone's clock differs by { $n } minutes from the server's. Correct the phone's date and time; your data is not affected.
unsent-changes = Changes not sent yet: { $n }
set-aside-count = { $n ->
    [one] { $n } change needs
   *[other] { $n } changes need
} a look
send-again-count = { $n ->
    [one] { $n } visit has
   *[other] { $n } visits have
} to be sent again.
see-queue = See the outbox

## Two axes: content and transfer
axis-content = Content
axis-transfer = Transfer
state-draft = Draft
state-draft-help = Not yet sent to the head of division; it can still be changed.
state-ready = Ready to send
state-ready-help = Will be sent by itself when there is signal.
state-stuck-help = Not sent yet. The outbox says why.
state-submitted = Waiting for approval
state-submitted-help = The head of division is reviewing it.
state-returned = Returned
state-returned-help = To be corrected: { $n ->
    [one] { $n } note
   *[other] { $n } notes
} from the head of division.
state-approved = Approved
state-approved-help = This visit is approved and does not change any more.
state-void = Cancelled
state-void-help = This visit was cancelled.
transfer-queued = Waiting for signal
transfer-queued-help = Kept on the phone. Sent by itself when there is signal.
transfer-kept = Kept on the phone
transfer-kept-help = Sent in a moment.
transfer-gone = No longer kept on the phone
transfer-gone-help = There only while the app is open. Send it now, or save a backup.
transfer-backup = Kept on phone and server
transfer-sending = Sending …
transfer-sending-help = Do not turn the phone off.
transfer-sent = Sent
transfer-photos = Data sent, photos to follow
transfer-photos-help = { $n } photos wait for signal or Wi-Fi.
transfer-failed = Sending failed
transfer-failed-help = Tried again by itself.
transfer-set-aside = Refused by the server
transfer-set-aside-help = The data stays on this phone.
transfer-conflict = Data differs
transfer-again = To be sent again
transfer-again-help = It was sent and the server refused it. The office does not have it yet. Open it, correct it, then send it again.
transfer-conflict-help = This was also changed elsewhere. Choose what is right.
reject-forbidden = The server does not allow this change for your account or area.
reject-state = This visit was already sent or decided, so it cannot be changed any more.
reject-unknown = The server does not know the cooperative or visit yet.
reject-malformed = The server cannot read this change. Tell the administrator.
reject-incomplete = By the server's reading required answers are missing. Open the visit, complete it and send it again.
reject-other = The server refused this change.
trouble-unreachable = The server cannot be reached.
trouble-not-ours = What answered is not the Anjangsana server, perhaps a Wi-Fi login page. Open that page first.
trouble-not-understood = This version of the app does not understand the server. Update the app; nothing is lost.
trouble-server = The server has trouble ({ $status }).
trouble-refused = The server refused the request ({ $status }). Tell the administrator.
trouble-login = The server no longer takes your session. Log in again.
trouble-update = The server no longer takes this version of the app. Update the app.

## Errors
error-not-open = The data is locked. Open it with the PIN.
error-wrong-pin = Wrong PIN. { $n ->
    [one] { $n } try is
   *[other] { $n } tries are
} left before the password is needed.
error-wait = Wait { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
} before the next try.
error-bad-pin = A PIN has six digits.
error-common-pin = This PIN is easily guessed: equal, consecutive or repeated digits, a date, or one that many people use. Choose another.
error-wrong-password = Wrong password.
error-password-needed = No PIN is taken any more. Use the password.
error-credentials = User name or password is wrong.
error-disabled = The password is right, but the office has locked this account. Ask the administrator. Nothing saved on this phone is lost.
error-old-secret = Enter the PIN or the former password to open the data on this phone.
error-not-found = This is not on this phone.
error-not-yet = The photo is to follow: the officer's phone has not sent it yet. Try again later.
error-state = Not possible: the state of the visit has changed.
error-already-sent = This visit is being sent or is at the office already, so it cannot be edited any more. If needed, ask the supervisor to return it.
error-forbidden = Your account may not do this.
error-incomplete = Required answers are missing: { $n }.
error-attachment = This file is empty, too large, or not of a kind that can be kept.
error-note-needed = Write at least one note before returning, so that the officer knows what to correct.
error-sent-again = This visit was sent again meanwhile. The newest is shown now; read it first, then decide.
error-too-large = Too long: the server does not take so much in one answer or one visit. Shorten this answer; until then it is not saved.
error-form = The checklist cannot be read: { $why }
error-damaged = The data on this phone is damaged and does not open. Its file was set aside, not deleted. Log in with the password (this needs signal): the server's data comes again. Only what was not sent yet may be lost.
error-full = The phone's storage is full. Delete photos or other apps; saving is tried again.
error-gone = The data of Anjangsana was removed from this phone, so nothing more can be saved. Send what there is, or save a backup; do not reload.
error-database = Trouble with the storage on the phone: { $why }. What was saved is not lost.

## People
role-officer = Field officer
role-supervisor = Head of division
role-head = Head of office
role-admin = Administrator
role-other = Other role (read only)

## Home
hello = Welcome, { $name }
start-visit = Start a visit
returned = Returned
drafts = Drafts
unsent = Not sent yet
recent = Sent lately
home-empty = No visits yet. Choose a cooperative to start the first one.
to-review = { $n ->
    [one] { $n } visit waits
   *[other] { $n } visits wait
} for approval
to-review-hint = Open Approval
visits-all = All visits

## Cooperatives
cooperative = Cooperative
cooperatives = Cooperatives
search-cooperatives = Search cooperatives
search-cooperatives-hint = Name, village or NIK Koperasi
kecamatan = Kecamatan
all-kecamatan = All kecamatan
status = Status
all-statuses = All statuses
status-active = Active
status-less-active = Less active
status-inactive = Inactive
status-unknown = No status yet
as-of = as of { $date }
cooperatives-count = { $n ->
    [one] { $n } cooperative
   *[other] { $n } cooperatives
}
cooperatives-empty = No cooperative matches. Change the search words or the filters.
last-visit = Visited { $date }
never-visited = Never visited
register = Register
status-history = Status history
status-source = Source: { $source }
source-register = register
source-import = register import
visits = Visits
visits-none = No visits to this cooperative yet.
visit-open-already = You still have an open visit to this cooperative. Continue that one, or start a new visit?
visited-already = { $name } visited this cooperative on { $date }. Go on with a new visit?
start-anyway = Start a new visit
follow-ups = Follow-ups
follow-up-open = To do
follow-up-running = Under way
due = Due { $date }
overdue = Overdue

## Visits
visit = Visit
visited-on = Visit of { $date }
submitted-at = Sent { $at }
submission-number = Submission { $n }
notes-count = { $n ->
    [one] { $n } note
   *[other] { $n } notes
}
resume = Continue
begin-filling = Start filling
check-and-send = Check and send
keep-filling = Keep filling
left-title = Answers that do not fit the new version
left-text = This form was updated. These answers have no place in the new version. All of them stay with this visit; if they still matter, write them down at the question they belong to.
left-gone = The question is no longer asked.
left-other-type = The question now asks for another kind of answer.
left-choice-gone = The choice is no longer offered.
left-taken = There is room for one answer now, and it is taken.
missing-so-far = Required answers missing: { $n }. You can continue at any time.
answered-of = { $answered } of { $of } answered
missing-required = { $n } required missing
to-mend = { $n } to correct
complete = Complete
history = History
step-created = Visit begun
step-submitted = Sent
step-resubmitted = Sent again (no. { $n })
step-returned = Returned for correction
step-approved = Approved
step-void = Cancelled
not-chosen = Data that was not used
not-chosen-show = See data that was not used
not-chosen-none = None: this visit never had two different values to choose from.
returned-by = Returned by { $name }, { $at }
note-from-review = Reviewer's note
visit-read-only = This visit was sent and cannot be changed.
form-broken = The checklist cannot be opened
reopen = Edit again
reopen-text = This visit has not left the phone, so it can still be edited. Send it again afterwards.
discard = Discard draft
discard-title = Discard this draft?
discard-text = The answers of this visit will not be sent. The visit is marked as cancelled.
minutes-empty = Nothing is filled in yet.
minutes-opening = On { $date }, { $officer } visited { $cooperative }, { $desa }, Kecamatan { $kecamatan }, with the following results.

## Filling
all-parts = All parts
page-of = { $at } of { $of }
previous = Previous
next = Next
page-problems = { $n } { $n ->
    [one] answer on this page is
   *[other] answers on this page are
} missing or to be corrected.
next-anyway = Go on for now
optional = Optional
guidance = Explanation
saved = Saved
saving = Saving …
all-saved = Saved on the phone
not-saved = Not saved yet. It is tried again by itself.
not-saved-short = Not saved yet
doubtful = { $n ->
    [one] 1 field not saved yet
   *[other] { $n } fields not saved yet
}
answer-acknowledged = Yes, done
number-not-a-number = Write digits only, such as 1.250.000 or 12,5.
number-not-whole = Write a whole number, without a comma.
number-dot-whole = Dots separate thousands only, and this is a whole number. Did you mean { $whole }? Write it so.
number-dot = Dots separate thousands only. Write { $decimal } for a fraction, or { $whole } for a whole number.
choice-search = Search the choices
choice-search-among = Search among { $n } choices
choice-clear = Clear the choice
choice-pick = Choose …
gps-take = Take a GPS fix
gps-again = Take the GPS fix again
gps-busy = Looking for a GPS fix …
gps-so-far = ±{ $metres } m
gps-use = Use this position (±{ $metres } m)
gps-add = Add a point
gps-drop = Delete the last point
gps-clear = Remove the GPS fix
gps-rough = The GPS fix is not accurate (±{ $metres } m). Wait a moment in the open.
gps-none = No GPS fix
gps-refused = Location is not allowed on this phone.
gps-unavailable = The phone cannot tell its position. Check whether location (GPS) is on.
gps-timeout = No position was found within a minute.
gps-none-help = Allow location for Anjangsana, go outside, then try again. You may go on and write down the reason.
photo-take = Take a photo
photo-gallery = From the gallery
photo-unreadable = This photo cannot be read. Take it again, or choose another.
audio-take = Record or choose a sound
video-take = Choose a video
file-take = Choose a file
file-open = Open the file
file-type = A file of this kind cannot be kept. Use a photo, a PDF, or a recording of the phone.
file-large = This file has { $size } MB; { $most } MB is the most. Choose a smaller one.
file-unreadable = This file cannot be read. Choose again.
attach-other = Again
attach-busy = Preparing and saving …
attach-failed = Not saved yet
attach-again = Save again
attach-remove-title = Delete { $name }?
attach-remove-text = What was taken is deleted from this question.
picture-later = Photo to follow
picture-enlarge = Enlarge: { $label }
close = Close
sign-here = { $label }: write here with a finger
sign-keep = Save signature
sign-undo = Undo line
sign-wipe = Delete signature
code-scan = Scan a code
code-missed = No code was read. Take the photo from closer, or type the code.
rank-up = Move { $label } up
rank-down = Move { $label } down
rank-now = { $label } is number { $at } now
rank-keep = Use this order
step-less = Less: { $name }
step-more = More: { $name }
choice-rest = { $n } more. Type a word to narrow the list.
answer-photo = Photo
answer-signature = Signature
answer-audio = Sound recording
answer-video = Video
answer-file = File
answer-points = { $n } { $n ->
    [one] point
   *[other] points
}
repeat-empty = Nothing here yet.
repeat-add = Add: { $name }
repeat-remove = Remove
repeat-remove-named = Remove { $name }
repeat-remove-title = Remove this entry?
repeat-remove-text = All answers in it are removed too.

## Sending
send = Send
send-title = Check and send
problems = Answers missing or to be corrected: { $n }. Tap to open.
complete-title = Everything is filled in
complete-text = Read this summary to the board, then send. Without signal, too: it is sent by itself later.

## Outbox
queue-empty = Nothing waits. Everything is sent.
queue-draft = Draft backup
queue-visit = Visit
queue-review = Review
queue-other = Change
kind-person = Person
kind-form = Form
kind-cooperative = Cooperative
kind-visit = Visit
kind-review = Review
queue-photos = Photos and files
photos-waiting = { $n } photos not sent yet ({ $size }).
photos-sending = Sending photos …
photos-held = Waiting for Wi-Fi.
photos-send = Send photos now
photos-aside = The server refused { $n } photos. They stay on this phone.
photo-progress = { $sent } of { $size } sent
photo-refused = The server refused it. It stays on this phone.
waiting-since = since { $at }
queue-send-again = To be sent again
fix-refused = Open and correct
resend = Send again
kept-here = Stays on the phone
keep-mine = Use my data
keep-all-mine = Use all of my data
keep-all-theirs = Use all of the server's data
choice-save = Save the choice
changed-by = { $name }, { $at }
keep-theirs = Use server data
drop-text = The change on this phone is dropped and the server's data is used. This cannot be undone.
drop-confirm = Drop my change
conflict-kept = What is not used stays recorded at the server.

## Approval
inbox-lead = Visits waiting for you, the oldest on top
inbox-read = All visits that officers have sent. The head of division decides; on visits by the head of division, the head of office does.
inbox-waiting = Waiting for approval
inbox-empty = No visits are waiting.
inbox-done = Decided
inbox-done-empty = Nothing decided yet.
officer = Officer
all-officers = All officers
review-title = Review
to-decision = To the decision
review-problems = { $n ->
    [one] { $n } thing needs
   *[other] { $n } things need
} attention
review-note = General note
review-no-notes = No notes yet.
note = Note
note-at = Note on: { $label }
note-remove = Remove note
note-before = Earlier note: { $note }
changed = Changed
corrected = Corrected
was = Before: { $old }
was-approved = At the last approved visit: { $old }
changed-since-return = { $n ->
    [one] { $n } answer was
   *[other] { $n } answers were
} corrected since the return.
unchanged-since-return = No answer was changed since the visit was returned.
not-changed = Not changed: { $value }
old-new = { $old } → { $new }
changed-since-approved = { $n ->
    [one] { $n } answer differs
   *[other] { $n } answers differ
} from the visit approved on { $date }.
see-changes = See the differences
no-approved-before = No visit was approved before this one.
approve = Approve
approve-title = Approve this visit?
approve-text = Once approved, the visit cannot be changed any more.
approve-text-notes = There { $n ->
    [one] is { $n } note
   *[other] are { $n } notes
}. Once approved, the visit cannot be changed any more; the notes are kept with it.
approve-confirm = Yes, approve
return = Return for correction

## Settings
account = Account
language = Language
app = App
version = Version { $version }
no-update = No newer version waits.
about = About Anjangsana
about-what = Anjangsana helps officers to visit and guide cooperatives in Bangka Selatan, also where there is no signal.
about-data = Visits are kept encrypted on this phone and sent to the office's server when there is signal. Only your PIN or password opens them.
about-sources = Codes and names of areas: cahyadsn/wilayah (MIT licence), Ministry of Home Affairs.
this-device = This phone
storage-kept = The browser keeps this data.
photos-by-wifi = Photos by Wi-Fi only
photos-by-wifi-help = Answers go by any network. Where the phone cannot tell the kind of network, photos wait for the button "Send photos now" in the queue.
storage-not-kept = The browser may delete this data when the phone runs out of space. Send it soon, and install Anjangsana on the home screen.
storage-unknown = The browser does not say whether it keeps this data.
lock-now = Lock now
change-pin = Change PIN
logout = Log out
logout-text = Logging out locks the data on this phone. Everything is sent.
logout-unsent = Logging out locks the data on this phone. { $n ->
    [one] { $n } change is
   *[other] { $n } changes are
} not sent yet. Log out anyway?
logout-confirm = Yes, log out

## Guidance score
score-title = Guidance score
score-total = Total
score-of = From the approved visit of { $date }.
score-complete = { $percent }% complete
score-trend = Since the last approved visit: { $trend }
score-incomplete = Provisional: less than 70% is answered.
score-withheld = Provisional: figures that exist were not shown today.
score-capped = At most 50 while there is no balance sheet or no income statement.
score-no-total = There is a total when every part is filled in.
score-costs = What costs most
score-cost = −{ $points } of { $part }
score-disclaimer = This score serves guidance; it is no health predicate of the cooperative.
band-good = Good
band-fair = Fair
band-poor = Poor
band-very-poor = Very poor
trend-up = up
trend-down = down
trend-same = the same
trend-none = cannot be compared
aspect-organisation = Organisation
aspect-finances = Finances
aspect-business = Products and business
proposal-because = Proposed status: { $status }, because { $reasons }.
proposal-but = Proposed status: { $status }; note: { $reasons }.
proposal-plain = Proposed status: { $status }.
proposal-none = No status can be proposed yet: { $reasons }.
proposal-only = This is only a proposal. The head of division decides the status.
list-and = and
reason-arrears = annual meetings are { $n ->
        [one] one year
       *[other] { $n } years
    } in arrears
reason-business-stopped = business has stopped
reason-no-board = nobody of the board serves
reason-term-over = the board's term is over
reason-risk = it may be switched off in ODS
reason-not-yet = it is new and not at work yet
reason-no-record = no record shows the last transaction
reason-not-found = it was searched for twice and not found
reason-searched-once = it was searched for only once and not found
reason-incomplete = less than 70% is answered
reason-arrears-unknown = the annual meetings are not known
reason-business-unknown = the state of the business is not known
reason-board-unknown = the board is not known
suggestions = Suggested follow-ups
suggestions-help = They come from your answers. Add one and change it as needed, or drop it.
suggestion-take = Add follow-up
suggestion-take-named = Add follow-up: { $name }
suggestion-drop = Drop
suggestion-drop-named = Drop suggestion: { $name }

## Forms (administrator)

forms = Forms
forms-lead = The checklists that officers fill, as Excel workbooks.
forms-open = Open the forms
forms-offline = This screen needs a signal: forms are kept at the server.
forms-none = There are no forms yet.
forms-published = Published { $date }
forms-download = Download Excel
forms-saving = Downloading…
forms-new = Publish a new version
forms-new-lead = Download the last version, change it in Excel, raise `version` on the settings sheet, and choose the file here. Nothing changes before you agree.
forms-check = Check and publish
forms-checking = Checking…
forms-errors = { $n } mistakes. Nothing is published; mend them in Excel and choose the file again.
forms-warnings = { $n } warnings. The form can be published all the same.
forms-cell = Cell
forms-text = What stands there
forms-what = What is wrong
forms-mend = How to mend it
forms-whole = the whole file
forms-summary = { $title }, version { $version }: { $n } questions
forms-first = This is the first version of this form.
forms-same = No question differs from version { $version }.
forms-against = Compared with version { $version }:
forms-added = New: { $names }
forms-removed = Removed: { $names }. Their answers stay with the visits that have them.
forms-changed = Changed: { $names }
forms-publish = Publish
forms-publish-title = Publish version { $version }?
forms-publish-text = Every phone gets it at its next sync. A published version can neither be changed nor taken back.
forms-done = Version { $version } is published.
forms-unreadable = The server's answer cannot be read. Nothing was published.

## Data held back (admin)

aside = Data held back
aside-lead = What officers' phones sent and the server did not apply in the last 30 days. Nothing is lost: the data is on that phone and here.
aside-open = Open the data held back
aside-offline = This screen needs signal: the list is on the server.
aside-empty = No data was held back in the last 30 days.
aside-more = Show more of { $name } ({ $n } in all)
aside-nameless = Cooperative unknown
aside-open-still = Not settled
aside-mended = Settled
aside-when = Made { $made }, reached the server { $came }
aside-device = Phone code: { $id }
aside-data = See what it holds
aside-no-data = This change holds no answers.
aside-do-incomplete = Ask the officer to open the Outbox, complete the visit and send it again.
aside-do-forbidden = Check the role and the areas of this account. Once they are right, the officer taps "Send again" in the Outbox.
aside-do-state = Ask the head of division to return the visit, then the officer taps "Send again". If the change is not needed, the officer chooses "Use server data".
aside-do-conflict = Ask the officer to open the Outbox on that phone and choose the right data.
aside-do-other = Update the app on that phone, then the officer taps "Send again". If it is refused again, save a backup from that phone in the settings.

## Backup
backup = Backup
backup-text = When there is no signal for long, save everything unsent in one locked file. It opens on another phone with your account, or the admin takes it in.
backup-save = Save a backup
backup-save-text = The file is locked with your password. Keep it on a memory card or send it to yourself.
backup-saved = Backup saved: { $name }
backup-restore = Restore a backup
backup-restore-text = Choose your backup file and enter the password it was made with. What is on this phone or at the server already is not doubled.
backup-file = Backup file
backup-restored = Restored: { $n } changes and { $photos } photos. Here before: { $known }.
backup-not-one = This is no backup file of Anjangsana. Nothing was changed.
backup-newer = This backup was made by a newer version of the app. Update the app first.
backup-password = This password does not open the backup. Use the password it was made with.
backup-damaged = The backup file is damaged or not complete. Nothing was changed; copy the file again and try once more.
backup-other-user = This backup belongs to { $name }. Log in with that account to restore it.
damaged-title = Data set aside
damaged-text = On { $at } the data on this phone did not open. Its file is still here, locked, and can be given to the admin. What had not been sent before may be lost; restore it from a backup if there is one.
damaged-save = Download the damaged file
