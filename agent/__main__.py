"""python -m agent is dbagent."""

from agent.cli import main

raise SystemExit(main())
