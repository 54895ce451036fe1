"""The parts of the bot that any messenger needs; none names one."""
