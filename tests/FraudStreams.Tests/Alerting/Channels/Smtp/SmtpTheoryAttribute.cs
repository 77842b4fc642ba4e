using FraudStreams.Tests.WholeProgram;
using Xunit;

namespace FraudStreams.Tests.Alerting.Channels.Smtp;

/// <summary>As <see cref="SmtpFactAttribute"/>, with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class SmtpTheoryAttribute : TheoryAttribute
{
    public SmtpTheoryAttribute() => Skip = new SmtpFactAttribute().Skip;
}
