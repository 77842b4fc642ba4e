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
    /// <exception cref="TopicsException">There is none, or one that cannot be used.</exception>
    public static void Require()
    {
#if !AKKA_NUGET
        if (Fault.Value is { } fault)
            throw new TopicsException($"Kafka needs librdkafka 1.9 or newer, and {fault}: on Debian and Ubuntu, apt-get install librdkafka1");
#endif
    }

#if !AKKA_NUGET
    /// <summary>1.9.0, as librdkafka writes versions: a byte each of major, minor, revision, and one for pre-releases.</summary>
    const int Oldest = 0x01_09_00_00;

    static readonly string[] Names = ["librdkafka.so.1", "librdkafka"];

    static readonly Lazy<string?> Fault = new(() =>
    {
        if (Load() is var library && library == 0)
            return "this machine has none, or one that cannot be loaded";
        if (!NativeLibrary.TryGetExport(library, "rd_kafka_version", out var version))
            return "what this machine has under that name is something else";
        if (FaultOf(Marshal.GetDelegateForFunctionPointer<Version>(version)()) is { } fault)
            return fault;
        NativeLibrary.SetDllImportResolver(typeof(Library).Assembly, Resolve);
        return null;
    });

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    delegate int Version();

    internal static string? FaultOf(int version) => version >= Oldest ? null : $"this machine has {version >> 24}.{version >> 16 & 0xff}.{version >> 8 & 0xff}";

    static nint Load()
    {
        foreach (var name in Names)
        {
            if (NativeLibrary.TryLoad(name, out var library))
                return library;
        }

        return 0;
    }

    static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name switch
    {
        "librdkafka" => Load(),
        "libdl" when NativeLibrary.TryLoad("libdl.so.2", out var library) => library,
        _ => 0,
    };
#endif
}
