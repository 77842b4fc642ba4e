#if !AKKA_NUGET
using System.Reflection;
using System.Runtime.InteropServices;
using Confluent.Kafka;
#endif

namespace FraudStreams.Topics.Kafka;

/// <summary>
/// Finds the native library below the Kafka client where the operating system has it. Akka.NET's packages bring one along, and then there is
/// nothing to find.
/// </summary>
static class KafkaLibrary
{
    /// <exception cref="TopicsException">There is none.</exception>
    public static void Require()
    {
#if !AKKA_NUGET
        if (!IsThere.Value)
            throw new TopicsException("Kafka needs librdkafka 1.9 or newer, and this machine has none: on Debian and Ubuntu, apt-get install librdkafka1");
#endif
    }

#if !AKKA_NUGET
    static readonly Lazy<bool> IsThere = new(() =>
    {
        if (!NativeLibrary.TryLoad("librdkafka.so.1", out _) && !NativeLibrary.TryLoad("librdkafka", out _))
            return false;
        NativeLibrary.SetDllImportResolver(typeof(Library).Assembly, Resolve);
        return true;
    });

    static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name switch
    {
        "librdkafka" when NativeLibrary.TryLoad("librdkafka.so.1", out var library) => library,
        "libdl" when NativeLibrary.TryLoad("libdl.so.2", out var library) => library,
        _ => 0,
    };
#endif
}
