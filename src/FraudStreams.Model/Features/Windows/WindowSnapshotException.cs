namespace FraudStreams.Model.Features.Windows;

/// <summary>A snapshot that cannot be used; the state can always be made anew from the log. Names no key and no value.</summary>
public sealed class WindowSnapshotException(string message, Exception? inner = null) : Exception(message, inner);
