using Microsoft.AspNetCore.Http;

namespace FraudStreams.Api;

/// <summary>
/// What answers on the port of the API beside it. It is registered with the stream's services, and sees a request behind <see cref="RequestGuard"/> and
/// before the API; what is not its own it passes on.
/// </summary>
public interface IApiExtension
{
    Task InvokeAsync(HttpContext context, RequestDelegate next);
}
