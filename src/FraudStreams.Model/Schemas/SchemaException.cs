using System.Collections.Immutable;

namespace FraudStreams.Model.Schemas;

/// <summary>
/// A schema is inconsistent, or does not fit the data. Lists every problem found, each with its path and what would be valid.
/// </summary>
public sealed class SchemaException : Exception
{
    /// <param name="subject">The file or schema that is wrong; starts the message.</param>
    /// <param name="problems">One sentence a problem, at least one.</param>
    public SchemaException(string subject, IEnumerable<string> problems)
        : this(subject, [.. problems])
    {
    }

    SchemaException(string subject, ImmutableArray<string> problems)
        : base(problems.Length == 1 ? $"{subject}: {problems[0]}" : $"{subject}:{string.Concat(problems.Select(p => "\n  " + p))}")
    {
        Subject = subject;
        Problems = problems;
    }

    /// <summary>The file or schema that is wrong.</summary>
    public string Subject { get; }

    /// <summary>One sentence a problem, usually starting with the path that is wrong.</summary>
    public ImmutableArray<string> Problems { get; }
}
