namespace FraudStreams.Alerts;

/// <summary>Chooses what speaks SMTP: MailKit in the build on published packages, .NET's own client where they cannot be had.</summary>
static class MailTransport
{
    public static IAlertTransport Create(MailSettings settings, TimeProvider time) =>
#if AKKA_NUGET
        new MailKitTransport(settings, time);
#else
        new SmtpMailTransport(settings, time);
#endif
}
