"""Run what nobody vouches for, within limits, and say how it ended.

``model`` says what is asked for and what comes back, ``probing`` what this machine can really do, ``sandbox`` starts
commands, ``log`` keeps their output, ``beneath`` opens what they left behind. Nothing is imported here: the keeper, the
small process that starts the commands, imports from this package, and what it carries is paid for at every fork.
"""
