using System.Globalization;

namespace FraudStreams.RateLimiting;

/// <summary>A limit in records per second, no limit, or a pause. Written "200/s", "12000/m", "5000/h", "unlimited" or "pause".</summary>
public readonly record struct Rate
{
    /// <summary>The accepted forms, for messages.</summary>
    public const string Forms = "a number above 0 with /s, /m or /h, such as 200/s, 12000/m or 0.5/s, or the word unlimited; write pause to stop the stage";

    const double Max = 1e9;
    const string PauseWord = "pause";
    const string UnlimitedWord = "unlimited";

    /// <summary>What a pause has in the place of records per second, where 0 is no limit.</summary>
    const double NoRecords = -1;
    readonly double _perSecond;

    Rate(double perSecond) => _perSecond = perSecond;

    public static Rate Unlimited => default;

    /// <summary>Nothing passes until the rate is changed.</summary>
    public static Rate Paused => new(NoRecords);

    /// <summary>Records per second; infinite if there is no limit, 0 while paused.</summary>
    public double PerSecond => _perSecond switch
    {
        0 => double.PositiveInfinity,
        NoRecords => 0,
        _ => _perSecond,
    };

    public bool IsUnlimited => _perSecond == 0;

    public bool IsPaused => _perSecond == NoRecords;

    public static Rate Of(double perSecond) => perSecond is > 0 and <= Max
        ? new Rate(perSecond)
        : throw new ArgumentOutOfRangeException(nameof(perSecond), perSecond, $"a rate lies above 0 and up to {Max:0} records a second");

    /// <exception cref="FormatException">The text is none of <see cref="Forms"/>.</exception>
    public static Rate Parse(string text) =>
        TryParse(text, out var rate) ? rate : throw new FormatException($"\"{text}\" is not a rate: it must be {Forms}");

    public static bool TryParse(string text, out Rate rate)
    {
        rate = Unlimited;
        var trimmed = text.AsSpan().Trim();
        if (trimmed.Equals(UnlimitedWord, StringComparison.OrdinalIgnoreCase))
            return true;
        if (trimmed.Equals(PauseWord, StringComparison.OrdinalIgnoreCase))
        {
            rate = Paused;
            return true;
        }


        var slash = trimmed.IndexOf('/');
        if (slash <= 0)
            return false;
        var seconds = trimmed[(slash + 1)..].Trim() switch
        {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => 0,
        };
        if (seconds == 0 || !double.TryParse(trimmed[..slash].Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count))
            return false;
        var perSecond = count / seconds;
        if (!(perSecond is > 0 and <= Max))
            return false;
        rate = new Rate(perSecond);
        return true;
    }

    public override string ToString() => _perSecond switch
    {
        0 => UnlimitedWord,
        NoRecords => PauseWord,
        _ when IsShort(_perSecond) => $"{_perSecond:0.###}/s",
        _ when IsShort(_perSecond * 60) => $"{_perSecond * 60:0.###}/m",
        _ => $"{_perSecond * 3600:0.######}/h",
    };

    static bool IsShort(double value) => Math.Abs(value - Math.Round(value, 3)) < 1e-9 * value;
}
