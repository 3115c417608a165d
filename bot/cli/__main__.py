"""The `onward` command, for a Python that has it without the script: `python -m bot.cli`."""

from bot.cli import main

if __name__ == "__main__":
    main()
