using FraudStreams.Tests;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Tests.Storage;
using FraudStreams.Tests.WholeProgram;
using Xunit;

namespace FraudStreams.ChaosTests;

/// <summary>What a scenario runs on.</summary>
enum Parts
{
    /// <summary>Topics, store and journal of alerts in SQLite files.</summary>
    Embedded,

    /// <summary>A Kafka broker and a PostgreSQL server, as in hocon/kafka.conf.</summary>
    Production,

    /// <summary>Three Kafka brokers of the scenario's own; store and journal of alerts in SQLite files.</summary>
    Cluster,
}

/// <summary>A scenario; skipped, with the reason, where a server that it needs is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class ChaosFactAttribute : FactAttribute
{
    public ChaosFactAttribute(Parts parts, bool fillsDisk = false, bool movesClock = false) => Skip = (ChaosForm.IsWanted ? null : "takes some ten minutes: FRAUDSTREAMS_CHAOS=short runs it")
        ?? (SmtpServer.Python is null ? "needs python3 with aiosmtpd (Debian: python3-aiosmtpd)" : null)
        ?? (parts == Parts.Production ? KafkaBroker.WhyNotOwn ?? PostgresServer.WhyNotOwn : null)
        ?? (parts == Parts.Cluster ? KafkaBroker.WhyNotOwn : null)
        ?? (parts == Parts.Cluster && !ChaosForm.HasCluster ? "three brokers take minutes: FRAUDSTREAMS_CHAOS=cluster, or long, has them" : null)
        ?? (fillsDisk && !SmallDisk.CanMount ? "mounting a small tmpfs needs Linux and root" : null)
        ?? (movesClock ? MovedClock.WhyNot : null);
}
