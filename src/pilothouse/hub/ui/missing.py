"""What stands in place of the web UI where it was not built: how to get it, and what there is without it."""

from __future__ import annotations

MISSING = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Pilothouse hub</title>
<link rel="icon" href="data:,">
<style>
  :root { --ink: #16202b; --soft: #5a6876; --paper: #f6f7f9; --card: #fff; --line: #dde2e8; --accent: #0b62d6; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e8edf2; --soft: #9aa8b6; --paper: #10161d; --card: #18212b; --line: #2a3644; --accent: #6fb0ff; }
  }
  * { box-sizing: border-box; }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
         background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
  main { width: 100%; max-width: 40rem; }
  h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; }
  p { margin: 0 0 1.5rem; color: var(--soft); }
  ul { list-style: none; margin: 0 0 1.5rem; padding: 0; border: 1px solid var(--line); border-radius: .6rem;
       background: var(--card); overflow: hidden; }
  li + li { border-top: 1px solid var(--line); }
  a { color: var(--accent); }
  li a { display: block; padding: .8rem 1rem; text-decoration: none; font-weight: 600; }
  li a:hover { background: color-mix(in srgb, var(--accent) 8%, transparent); }
  a:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: .6rem; }
  li span { display: block; color: var(--soft); font-weight: 400; font-size: .9rem; }
  code { font-family: ui-monospace, monospace; font-size: .9em; }
</style>
</head>
<body>
<main>
<h1>The hub is running, without its web UI</h1>
<p>The UI was not built into this installation. In a checkout, <code>make ui</code> builds it (with Node.js 20.19 or
newer); a wheel built where Node.js is installed holds it. Everything else is here:</p>
<ul>
<li><a href="/docs">API documentation<span>Every route, to read and to try</span></a></li>
<li><a href="/api/v1/incidents?live=true">Incidents<span><code>/api/v1/incidents</code>, not closed yet</span></a></li>
<li><a href="/api/sessions">Recordings<span><code>/api/sessions</code>, newest first</span></a></li>
<li><a href="/api/v1/robots">Robots<span><code>/api/v1/robots</code>, with their last heartbeat</span></a></li>
<li><a href="/readyz">Readiness<span><code>/readyz</code>: database, storage, queue</span></a></li>
</ul>
</main>
</body>
</html>
"""
