using System.Collections.Immutable;

namespace FraudStreams.Model.Schemas;

/// <summary>
/// A schema that contradicts itself or the data it is used on. Names every problem found, with its place and what would be right.
/// </summary>
public sealed class SchemaException : Exception
{
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

    /// <summary>One sentence a problem, each beginning with the path that is wrong.</summary>
    public ImmutableArray<string> Problems { get; }
}
