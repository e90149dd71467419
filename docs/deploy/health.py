"""Ends with 0 while the mock answers, else with 1."""

import os
import sys
from urllib.request import urlopen

URL = f"http://127.0.0.1:{os.environ.get('MOCK_PORT', '8787')}/"

try:
    with urlopen(URL, timeout=2) as answer:
        sys.exit(answer.status != 200)
except OSError as error:
    sys.exit(str(error))
