namespace FraudStreams.Hosting;

/// <summary>Where this process answers over HTTP, as other hosts are told; registered where it does.</summary>
public sealed record AnnouncedAddress(Uri Address);
