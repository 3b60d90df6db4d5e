"""How long a guided session takes with its spoken script, and what is said when.

    python benchmarks/script.py
    python benchmarks/script.py --log quick --language de

The session is the real one, led by a person made of numbers (``tests/live/people.py``) and a voice of usual
pace: 0.25 s and 17.5 characters a second (French 21). That is what espeak-ng 1.51 takes for these sentences at
its usual rate, times the 1.05 of the page. The person needs 45 s for the safety questions, 3 s for a key from
when the question is asked and 0.8 s from when it is on the screen, 0.3 s to begin, 1.8 s out, 1.4 s at the
end, 1.6 s back. Who *waits* begins when a sentence is over, who *starts* as soon as it is said where to.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from neckrom.live.contract import Phase
from neckrom.messages import LANGUAGES, load_messages
from tests.live.people import CHARACTERS_A_SECOND, Listener, Person, machine

LIMITS_S = {"full": 360.0, "quick": 120.0}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--log", choices=LIMITS_S, help="print what is said when")
    parser.add_argument("--language", choices=LANGUAGES, default="en", help="of the log")
    given = parser.parse_args()
    if given.log:
        for begins_s, ends_s, words in lead(given.log, given.language, waits=True)[1]:
            print(f"{begins_s:6.1f} {ends_s:6.1f}  {words}")
        return
    print(f"{'':24}" + "".join(f"{language:>8}" for language in LANGUAGES))
    for protocol, limit_s in LIMITS_S.items():
        for waits in (True, False):
            times = [lead(protocol, language, waits=waits)[0] for language in LANGUAGES]
            name = f"{protocol}, {'waits' if waits else 'starts'}"
            cells = "".join(f"{int(t // 60):>5}:{int(t % 60):02}" for t in times)
            print(
                f"{name:24}{cells}   {'under' if max(times) < limit_s else 'NOT under'} {limit_s / 60:g} min"
            )


def lead(protocol: str, language: str, *, waits: bool) -> tuple[float, list[tuple[float, float, str]]]:
    """One session; how long it took, and what was said."""
    session = machine(protocol)
    listener = Listener(load_messages(language), CHARACTERS_A_SECOND[language])
    Person(listener=listener, waits=waits).lead(session)
    assert session.phase is Phase.RESULT
    assert all(step.status == "done" for step in session.plan)
    return session.time_s, [(begins_s, ends_s, words) for begins_s, ends_s, words, _ in listener.log]


if __name__ == "__main__":
    main()
