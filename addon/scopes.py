"""The OAuth scopes that the add-on uses. deployment.yaml lists these and no others, by test."""

EMAIL = "https://www.googleapis.com/auth/userinfo.email"  # Google then tells who clicked
COURSES = "https://www.googleapis.com/auth/classroom.courses"  # list own classes; accept, decline

# Google shows the add-on in Calendar and Gmail only with these; Drive's homepage needs none.
HOSTS = (
    "https://www.googleapis.com/auth/calendar.addons.execute",
    "https://www.googleapis.com/auth/gmail.addons.execute",
)

NEEDED = (EMAIL, COURSES)  # by every screen and action of today
ALL = (*NEEDED, *HOSTS)
