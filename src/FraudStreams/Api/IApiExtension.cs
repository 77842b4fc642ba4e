using Microsoft.AspNetCore.Routing;

namespace FraudStreams.Api;

/// <summary>
/// What answers on the port of the API beside it. It is registered with the stream's services; its routes, too, need the role that
/// <see cref="Security.AccessTable"/> says.
/// </summary>
public interface IApiExtension
{
    void Map(IEndpointRouteBuilder routes);
}
