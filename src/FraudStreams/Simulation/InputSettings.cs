using FraudStreams.Configuration;

namespace FraudStreams.Simulation;

/// <param name="MaxRejected">The largest share of an input that may be rejected, 0 to 1; 1 is exceeded only where everything is.</param>
public sealed record InputSettings(double MaxRejected)
{
    public static InputSettings From(SettingsSection section) => new(section.ShareOrAll("max-rejected"));

    /// <summary>Why an input with so many rejected records is refused; null where it is not.</summary>
    /// <param name="name">The input's, for the message.</param>
    public string? Refusal(string name, long rejected, long total) =>
        rejected == 0 ? null
        : rejected >= total ? $"everything of {name} was rejected: {rejected:N0} of {total:N0} records"
        : rejected > MaxRejected * total ? $"{rejected:N0} of {total:N0} records of {name} were rejected, {(double)rejected / total:P1}, and input.max-rejected is {MaxRejected:P1}"
        : null;
}

/// <summary>More of an input was rejected than may be.</summary>
public sealed class TooManyRejectedException(string message) : Exception(message);
