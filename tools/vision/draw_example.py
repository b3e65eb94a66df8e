"""Draws the picture of the README's example: shapes, as the bundled model knows them.

    python3 tools/vision/draw_example.py kimi-examples/src/main/resources/org/kimi4j/examples/shapes.png
"""
import os
import sys

from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "nano"))
import world  # noqa: E402


def main():
    index = 0
    while True:
        sample = world.sample(index, "cases")
        if sample["task"] == "picture_describe" and len(sample["messages"]) == 2:
            Image.fromarray(sample["media"][0]["frames"][0]).save(sys.argv[1], optimize=True)
            return
        index += 1


if __name__ == "__main__":
    main()
