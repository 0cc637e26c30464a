"""`python -m bot` is `suifang`."""

from bot.cli import main

if __name__ == "__main__":
    main()
