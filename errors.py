"""The one base of every error whose message is meant for a user."""


class CoingraphError(Exception):
    """Something the user can mend; the message says what is wrong and what to do about it.

    ``cli`` prints it without a traceback and exits with status 1.
    """
