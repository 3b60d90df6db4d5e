"""Sessions in the forms that other people and programs read; ``neckrom.exports.write`` is what others call."""
