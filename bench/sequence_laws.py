"""A hundred sequences, ten of each of ten kinds, and ten sequences without a short law.

They were written down before the search of sequences was, so that no program of the search has
chosen them.  The first term has the number 1.  Every law is a Python formula, and `TERMS` terms of
each are made: the first `TRAINING` are for training, the others say whether a program is right.
"""

import itertools
from math import comb, factorial, gcd

#: How many terms each sequence has, and how many of them are for training.
TERMS, TRAINING = 32, 12


def direct(formula):
    """The terms of a formula of the number of the term."""
    return [formula(n) for n in range(1, TERMS + 1)]


def recurrent(first, formula):
    """The terms of a formula of the number of the term and of all terms before it, the last first.

    first: the terms that are given.
    """
    terms = list(first)
    while len(terms) < TERMS:
        terms.append(formula(len(terms) + 1, *terms[::-1][:3]))
    return terms


def interleaved(odd, even):
    """The terms of two formulas by turns, each of 1, 2, 3, ..."""
    return [(odd if n % 2 else even)((n + 1) // 2) for n in range(1, TERMS + 1)]


def fibonacci(n):
    """The n-th Fibonacci number: 1, 1, 2, 3, 5, ..."""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def laws():
    """The terms of each sequence that has a short law, by kind and name."""
    return {
        "polynomials": polynomials(),
        "linear recurrences": linear_recurrences(),
        "recurrences with index": recurrences_with_index(),
        "divisions": divisions(),
        "remainders": remainders(),
        "alternations": alternations(),
        "factorial-like": factorial_like(),
        "conditionals": conditionals(),
        "two interleaved": two_interleaved(),
        "powers": powers(),
    }


def polynomials():
    """Polynomials of the number of the term."""
    return {
        "squares": direct(lambda n: n**2),
        "triangular numbers": direct(lambda n: n * (n + 1) // 2),
        "cubes": direct(lambda n: n**3),
        "n^2+n+1": direct(lambda n: n**2 + n + 1),
        "2n^2-1": direct(lambda n: 2 * n**2 - 1),
        "3n+2": direct(lambda n: 3 * n + 2),
        "n^2-3n+1": direct(lambda n: n**2 - 3 * n + 1),
        "tetrahedral numbers": direct(lambda n: n * (n + 1) * (n + 2) // 6),
        "pronic numbers": direct(lambda n: n * (n + 1)),
        "pentagonal numbers": direct(lambda n: n * (3 * n - 1) // 2),
    }


def linear_recurrences():
    """Sums of multiples of the terms before, five of them with a constant."""
    return {
        "Fibonacci": recurrent([1, 1], lambda n, a, b, *c: a + b),
        "Lucas": recurrent([2, 1], lambda n, a, b, *c: a + b),
        "Pell": recurrent([1, 2], lambda n, a, b, *c: 2 * a + b),
        "Padovan": recurrent([1, 1, 1], lambda n, a, b, c: b + c),
        "tribonacci": recurrent([1, 1, 2], lambda n, a, b, c: a + b + c),
        "2a+1": recurrent([1], lambda n, a, *b: 2 * a + 1),
        "Leonardo": recurrent([1, 1], lambda n, a, b, *c: a + b + 1),
        "3a-2": recurrent([2], lambda n, a, *b: 3 * a - 2),
        "2a-b+1": recurrent([4, 7], lambda n, a, b, *c: 2 * a - b + 1),
        "a+2b-3": recurrent([3, 4], lambda n, a, b, *c: a + 2 * b - 3),
    }


def recurrences_with_index():
    """The terms before and the number of the term."""
    return {
        "a+n^2": recurrent([1], lambda n, a, *b: a + n**2),
        "a+b+n": recurrent([1, 1], lambda n, a, b, *c: a + b + n),
        "2a+n": recurrent([1], lambda n, a, *b: 2 * a + n),
        "2a-n": recurrent([4], lambda n, a, *b: 2 * a - n),
        "n-a": recurrent([3], lambda n, a, *b: n - a),
        "b+n": recurrent([2, 5], lambda n, a, b, *c: b + n),
        "3a-n": recurrent([2], lambda n, a, *b: 3 * a - n),
        "n^2-a": recurrent([3], lambda n, a, *b: n**2 - a),
        "a+b-n": recurrent([7, 9], lambda n, a, b, *c: a + b - n),
        "2b+n": recurrent([1, 3], lambda n, a, b, *c: 2 * b + n),
    }


def divisions():
    """Divisions that are rounded down."""
    return {
        "n//2": direct(lambda n: n // 2),
        "n^2//4": direct(lambda n: n**2 // 4),
        "n^2//3": direct(lambda n: n**2 // 3),
        "3n//2": direct(lambda n: 3 * n // 2),
        "n+n//3": direct(lambda n: n + n // 3),
        "n(n+1)//3": direct(lambda n: n * (n + 1) // 3),
        "a//2+n": recurrent([40], lambda n, a, *b: a // 2 + n),
        "a+a//2+1": recurrent([1], lambda n, a, *b: a + a // 2 + 1),
        "a+b//2": recurrent([3, 5], lambda n, a, b, *c: a + b // 2),
        "3a//2": recurrent([6], lambda n, a, *b: 3 * a // 2),
    }


def remainders():
    """Remainders of divisions."""
    return {
        "n%3": direct(lambda n: n % 3),
        "n%4": direct(lambda n: n % 4),
        "n^2%5": direct(lambda n: n**2 % 5),
        "n^3%7": direct(lambda n: n**3 % 7),
        "n+n%3": direct(lambda n: n + n % 3),
        "n(n%2)": direct(lambda n: n * (n % 2)),
        "Fibonacci modulo 5": direct(lambda n: fibonacci(n) % 5),
        "3^n modulo 7": direct(lambda n: 3**n % 7),
        "(a+n)%5": recurrent([1], lambda n, a, *b: (a + n) % 5),
        "(a+b+c)%4": recurrent([1, 1, 3], lambda n, a, b, c: (a + b + c) % 4),
    }


def alternations():
    """Signs and values that alternate."""
    return {
        "1, -1": direct(lambda n: (-1) ** (n + 1)),
        "n with alternating sign": direct(lambda n: (-1) ** (n + 1) * n),
        "2, 5": direct(lambda n: 2 if n % 2 else 5),
        "n+(-1)^n": direct(lambda n: n + (-1) ** n),
        "(-2)^n": direct(lambda n: (-2) ** n),
        "squares with alternating sign": direct(lambda n: (-1) ** n * n**2),
        "n by turns with 1": direct(lambda n: n if n % 2 else 1),
        "1-2a": recurrent([2], lambda n, a, *b: 1 - 2 * a),
        "b-a": recurrent([1, 3], lambda n, a, b, *c: b - a),
        "n and -1": direct(lambda n: -1 if n % 2 else n),
    }


def factorial_like():
    """Products with the number of the term."""
    return {
        "factorials": direct(factorial),
        "double factorials": recurrent([1, 2], lambda n, a, b, *c: n * b),
        "n!+1": direct(lambda n: factorial(n) + 1),
        "n!-1": direct(lambda n: factorial(n) - 1),
        "na+1": recurrent([2], lambda n, a, *b: n * a + 1),
        "derangements": recurrent([0, 1], lambda n, a, b, *c: (n - 1) * (a + b)),
        "involutions": recurrent([1, 2], lambda n, a, b, *c: a + (n - 1) * b),
        "Catalan numbers": direct(lambda n: comb(2 * n, n) // (n + 1)),
        "central binomial coefficients": direct(lambda n: comb(2 * n, n)),
        "triple factorials": recurrent([1, 2, 3], lambda n, a, b, c: n * c),
    }


def conditionals():
    """Cases that depend on the number of the term or on the term before."""
    return {
        "at least 6": direct(lambda n: max(n, 6)),
        "n, then n^2": direct(lambda n: n if n < 6 else n**2),
        "Collatz from 27": recurrent([27], lambda n, a, *b: 3 * a + 1 if a % 2 else a // 2),
        "n at multiples of 3": direct(lambda n: 1 if n % 3 else n),
        "up and down by n": recurrent([1], lambda n, a, *b: a - n if n < a else a + n),
        "double or one more": recurrent([1], lambda n, a, *b: a + 1 if n % 2 else 2 * a),
        "double at multiples of 3": recurrent([1], lambda n, a, *b: a + 1 if n % 3 else 2 * a),
        "difference or double": recurrent([2, 5], lambda n, a, b, *c: a - b if b < a else 2 * b),
        "1, then n-4": direct(lambda n: 1 if n < 6 else n - 4),
        "half or three more": recurrent([50], lambda n, a, *b: a + 3 if a % 2 else a // 2),
    }


def two_interleaved():
    """Two sequences by turns."""
    return {
        "n and n^2": interleaved(lambda k: k, lambda k: k**2),
        "n and 2^n": interleaved(lambda k: k, lambda k: 2**k),
        "odd numbers and multiples of 3": interleaved(lambda k: 2 * k - 1, lambda k: 3 * k),
        "n and 0": interleaved(lambda k: k, lambda k: 0),
        "n and n+3": interleaved(lambda k: k, lambda k: k + 3),
        "2^n and 3^n": interleaved(lambda k: 2**k, lambda k: 3**k),
        "up and down": interleaved(lambda k: k, lambda k: -k),
        "up from 1, down from 20": interleaved(lambda k: k, lambda k: 21 - k),
        "triangular numbers and 1": interleaved(lambda k: k * (k + 1) // 2, lambda k: 1),
        "Fibonacci by turns with n": interleaved(fibonacci, lambda k: k),
    }


def powers():
    """Powers, with something added or multiplied."""
    return {
        "2^n": direct(lambda n: 2**n),
        "3^n": direct(lambda n: 3**n),
        "5^n": direct(lambda n: 5**n),
        "2^n+1": direct(lambda n: 2**n + 1),
        "2^n+n": direct(lambda n: 2**n + n),
        "2^n-n": direct(lambda n: 2**n - n),
        "n 2^n": direct(lambda n: n * 2**n),
        "3^n-2^n": direct(lambda n: 3**n - 2**n),
        "2^(n//2)": direct(lambda n: 2 ** (n // 2)),
        "4^n-1": direct(lambda n: 4**n - 1),
    }


def without_law():
    """Ten sequences that no short program of the number and of three terms before makes."""
    primes = [n for n in range(2, 200) if _is_prime(n)]
    return {
        "primes": primes[:TERMS],
        "digits of pi": _digits(_pi(TERMS + 10)),
        "digits of e": _digits(_e(TERMS + 10)),
        "partitions": direct(_partitions),
        "totients": direct(lambda n: sum(gcd(n, k) == 1 for k in range(1, n + 1))),
        "numbers of divisors": direct(_divisors),
        "sums of divisors": direct(lambda n: sum(d for d in range(1, n + 1) if n % d == 0)),
        "Bell numbers": _bell(),
        "prime gaps": [b - a for a, b in itertools.pairwise(primes)][:TERMS],
        "sums of the Moebius function": direct(lambda n: sum(map(_moebius, range(1, n + 1)))),
    }


def _is_prime(n):
    return n > 1 and all(n % d for d in range(2, n))


def _digits(number):
    return [int(digit) for digit in str(number)[:TERMS]]


def _pi(digits):
    """Pi times a power of ten, by Machin's formula."""
    one = 10 ** (digits + 10)

    def arctan(x):
        power, total, k = one // x, 0, 0
        while power:
            total += (-1) ** k * power // (2 * k + 1)
            power, k = power // x**2, k + 1
        return total

    return 4 * (4 * arctan(5) - arctan(239))


def _e(digits):
    """The number e times a power of ten."""
    one = 10 ** (digits + 10)
    return sum(one // factorial(k) for k in range(60))


def _partitions(n):
    ways = [1] + [0] * n
    for part in range(1, n + 1):
        for total in range(part, n + 1):
            ways[total] += ways[total - part]
    return ways[n]


def _divisors(n):
    return sum(n % d == 0 for d in range(1, n + 1))


def _bell():
    terms = [1]
    while len(terms) < TERMS:
        n = len(terms)
        terms.append(1 + sum(comb(n, k) * terms[k - 1] for k in range(1, n + 1)))
    return terms


def _moebius(n):
    primes = [p for p in range(2, n + 1) if _is_prime(p) and n % p == 0]
    return 0 if any(n % p**2 == 0 for p in primes) else (-1) ** len(primes)
