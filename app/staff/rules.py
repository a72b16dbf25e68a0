"""What a member of staff must prove."""

from datetime import timedelta

from app.staff.errors import PasswordTooWeak

INVITATION_LIFETIME = timedelta(days=3)
PASSWORD_MINIMUM = 12
PASSWORD_MAXIMUM = 200  # argon2 reads all of it: a longer one is only a way to keep the server busy


def check_password(password: str) -> None:
    """A password of staff has 12 to 200 characters; raises `PasswordTooWeak`.

    Source: CNIL recommendation 2022-100 (12 characters at least).
    """
    if len(password) < PASSWORD_MINIMUM:
        raise PasswordTooWeak(f"Au moins {PASSWORD_MINIMUM} caractères. / At least {PASSWORD_MINIMUM} characters.")
    if len(password) > PASSWORD_MAXIMUM:
        raise PasswordTooWeak(f"Au plus {PASSWORD_MAXIMUM} caractères. / At most {PASSWORD_MAXIMUM} characters.")
