"""What holds for all tests: a busy machine is slow, which is no failure, and Ctrl-C is heard."""

import signal

from hypothesis import settings

settings.register_profile("griot", deadline=None)
settings.load_profile("griot")

# A shell has what it starts in the background ignore it, and all that is started there in turn.
signal.signal(signal.SIGINT, signal.default_int_handler)
