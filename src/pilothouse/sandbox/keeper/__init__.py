"""The keeper: one small process that starts sandboxed commands, measures them and ends them.

It holds little memory, so that forking it is cheap, and keeps one child ready with its namespace, uid and cgroups. When
the service dies, however it dies, the keeper sees its socket close and kills everything; when the keeper itself dies,
the kernel kills what it started (`--die-with-parent`, and pid 1 of each pid namespace).
"""
