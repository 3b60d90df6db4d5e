"""``python -m neckrom``."""

from neckrom.cli.main import run

if __name__ == "__main__":
    run()
