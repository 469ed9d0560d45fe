import re
from pathlib import Path

import pilothouse

SOURCE = Path(pilothouse.__file__).parent


def test_only_the_database_commits() -> None:
    found = {
        str(file.relative_to(SOURCE))
        for file in (SOURCE / "hub").rglob("*.py")
        if re.search(r"\.commit\(|\bCOMMIT\b(?!`)", re.sub(r"#.*", "", file.read_text()))
    }

    # The driver's own, which only the database asks for it, is in the other.
    assert found == {"hub/db/database.py", "hub/db/connections.py"}
