using FraudStreams.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace FraudStreams.Api.Security;

/// <summary>What who may not is told: 401 or 403 as a problem document; people at the page are sent to sign in.</summary>
sealed class AccessRefusals : IAuthorizationMiddlewareResultHandler
{
    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
        {
            await next(context);
            return;
        }

        if (authorizeResult.Forbidden)
        {
            var name = context.GetEndpoint()?.Metadata.GetMetadata<AuthorizeAttribute>()?.Policy ?? AccessRole.Admin.Name();
            throw Caller.Refused(context.User, AccessRoles.Find(name) ?? AccessRole.Admin);
        }

        var (request, response) = (context.Request, context.Response);
        if (HttpMethods.IsGet(request.Method) && request.Path.StartsWithSegments("/ui") && request.Headers.Upgrade == StringValues.Empty)
        {
            response.Redirect($"{SignInPage.Path}?to={Uri.EscapeDataString(request.Path)}");
            return;
        }

        response.Headers.WWWAuthenticate = "Bearer realm=\"fraudstreams\"";
        await Problem.WriteAsync(
            context, StatusCodes.Status401Unauthorized, "unauthenticated", "Who asks is not known",
            "Send a key that is in force as Authorization: Bearer or X-Api-Key (`fraudstreams keys add NAME --role viewer` makes one), or a token of the issuer.");
    }
}
