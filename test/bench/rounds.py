"""Contenders in turns: whatever else the machine does meanwhile falls on all of them."""
import statistics


def interleave(contenders, rounds, before=None):
    """contenders: name → function that measures once and gives a number. Each round measures all of them, in an order that
    turns by one from round to round; one round before the first is thrown away. Gives name → the rounds' numbers."""
    names = list(contenders)
    found = {name: [] for name in names}
    for number in range(-1, rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            if before:
                before(name)
            measured = contenders[name]()
            if number >= 0:
                found[name].append(measured)
    return found


def median(numbers):
    return statistics.median(numbers)


def spread(numbers):
    """How far apart the rounds are: half of the range, as a part of the median."""
    middle = median(numbers)
    return (max(numbers) - min(numbers)) / 2 / middle if middle else 0.0
