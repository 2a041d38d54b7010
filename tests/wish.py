"""What the form of a wish sends, but for its words: one small picture, and nothing that is out of the ordinary."""

FORM = {
    "model": "gpt-image-2",
    "size": "1024x1024",
    "quality": "low",
    "output_format": "png",
    "background": "auto",
    "moderation": "auto",
    "partial_images": "0",
    "n": "1",
}
