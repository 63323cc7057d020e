"""Symbols: C identifiers, which are also file stems, from asset names."""

import re

MAX_LENGTH = 200
"""File systems end names at 255 bytes; this leaves room for every suffix."""

PREFIX = "img_"

# C23 and C++20 keywords and alternative tokens, and a few that compilers add in GNU modes.
_KEYWORDS = """
    alignas alignof and and_eq asm atomic_cancel atomic_commit atomic_noexcept auto bitand bitor
    bool break case catch char char8_t char16_t char32_t class co_await co_return co_yield compl
    concept const const_cast consteval constexpr constinit continue decltype default delete do
    double dynamic_cast else enum explicit export extern false final float for friend goto if
    import inline int long module mutable namespace new noexcept not not_eq nullptr operator or
    or_eq override private protected public reflexpr register reinterpret_cast requires restrict
    return short signed sizeof static static_assert static_cast struct switch synchronized
    template this thread_local throw true try typedef typeid typename typeof typeof_unqual union
    unsigned using virtual void volatile wchar_t while xor xor_eq
"""

# Names that the standard library or the compiler may define as macros, and its plain types.
_STANDARD = """
    assert eof errno i386 linux main null offsetof setjmp stderr stdin stdout unix va_arg va_copy
    va_end va_list va_start
    fpos_t intmax_t intptr_t max_align_t nullptr_t ptrdiff_t sig_atomic_t size_t ssize_t time_t
    uintmax_t uintptr_t wctype_t wint_t
"""

# Beside NAME.h stand NAME_WIDTH and its fellows; C23 defines these names with _WIDTH.
_WIDTHS = """
    bitint bool char intmax intptr llong long ptrdiff schar short shrt sig_atomic size uchar uint
    uintmax uintptr ullong ulong ushrt wchar wint word
"""
_EXACT_INTEGER = re.compile(r"u?int(_fast|_least)?(8|16|32|64|128)(_t)?")

# With -I on the folder of assets, NAME.h would stand in for a C or POSIX header of that name.
_HEADERS = """
    aio alloca arpa assert complex cpio ctype dirent dlfcn endian errno fcntl features fenv float
    fmtmsg fnmatch ftw glob grp iconv inttypes iso646 langinfo libgen limits locale malloc math
    memory monetary mqueue ndbm netdb nl_types paths poll process pthread pwd regex sched search
    semaphore setjmp signal spawn stdalign stdarg stdatomic stdbit stdbool stdckdint stddef stdint
    stdio stdlib stdnoreturn string strings stropts syslog tar termios tgmath threads time
    uchar ulimit unistd utime utmpx values wchar wctype wordexp
"""

# Windows opens a device for these file names, whatever their extension.
_DEVICES = "aux con nul prn " + " ".join(f"com{n} lpt{n}" for n in range(10))

_TAKEN = frozenset(f"{_KEYWORDS} {_STANDARD} {_WIDTHS} {_HEADERS} {_DEVICES}".split())


def symbol_for(name: str) -> str:
    """The C identifier for an asset name, fit to be a file stem too.

    Letters, digits and `_` of ASCII stay, every other character becomes `_`. Where that starts
    with a digit or `_`, or is a word that C, C++, their standard libraries or Windows give
    another meaning (upper and lower case alike, since macros and file names fold them), the
    prefix `img_` is added. A symbol's symbol is itself. Different names may share a symbol:
    the caller compares them, ignoring case.

    Args:
        name: Any text.

    Raises:
        ValueError: No ASCII letter or digit is in the name, or it is too long for a file name.
    """
    stem = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if not stem.strip("_"):
        raise ValueError(
            f"asset name {name[:20]!a} has no letter a-z or digit to name a C symbol by"
        )
    symbol = PREFIX + stem if _is_taken(stem) else stem
    if len(symbol) > MAX_LENGTH:
        raise ValueError(f"asset name {name[:20]!a}... makes a symbol of over {MAX_LENGTH} letters")
    return symbol


def _is_taken(stem: str) -> bool:
    lower = stem.lower()
    return not stem[0].isalpha() or lower in _TAKEN or _EXACT_INTEGER.fullmatch(lower) is not None
