namespace FraudStreams.ChaosTests;

/// <summary>Another clock for a process: libfaketime is preloaded, with the offset in a file that can be changed while the process runs.</summary>
sealed class MovedClock
{
    static readonly string? s_library = ((string[])["/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"])
        .FirstOrDefault(File.Exists);

    readonly string _file;

    public MovedClock(string file)
    {
        _file = file;
        MoveTo(TimeSpan.Zero);
    }

    /// <summary>Why no clock can be moved here, or null.</summary>
    public static string? WhyNot => s_library is null ? "needs libfaketime (Debian: faketime)" : null;

    /// <summary>Environment of a process. Its monotonic clock, which timers use, is not moved, just as when a machine's clock is corrected.</summary>
    public IReadOnlyList<(string Name, string Value)> Environment =>
    [
        ("LD_PRELOAD", s_library!), ("FAKETIME_TIMESTAMP_FILE", _file), ("FAKETIME_CACHE_DURATION", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),

        // .NET waits by the monotonic clock; with the library's workaround for programs that do not, every such wait would end at once.
        ("FAKETIME_FORCE_MONOTONIC_FIX", "0"),
    ];

    /// <summary>Moves the clock to an offset from the true time.</summary>
    public void MoveTo(TimeSpan offset)
    {
        var written = $"{_file}.new";
        File.WriteAllText(written, $"{(offset < TimeSpan.Zero ? "-" : "+")}{Math.Abs((long)offset.TotalSeconds)}\n");
        File.Move(written, _file, overwrite: true);
    }
}
