using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace FraudStreams.Dashboard;

/// <summary>A file of the page: scripts, styles and pictures stand in the program itself, ours and those of its packages.</summary>
sealed class PageFile
{
    static readonly Dictionary<string, string> s_types = new()
    {
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    readonly byte[] _content;
    readonly string _type;
    readonly string _tag;

    public PageFile(string name, byte[] content)
    {
        _content = content;
        _type = s_types[Path.GetExtension(name)];
        _tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(content)[..12])}\"";
    }

    /// <summary>A browser keeps it, and asks whether it is still the same.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.ETag = _tag;
        if (context.Request.Headers.IfNoneMatch == _tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = _type;
        context.Response.ContentLength = _content.Length;
        await context.Response.Body.WriteAsync(_content, context.RequestAborted);
    }
}

static class PageFiles
{
    static readonly ConcurrentDictionary<string, PageFile?> s_read = new(StringComparer.Ordinal);

    /// <param name="path">Below the page's root, such as /assets/page.css. Null where there is no such file.</param>
    public static PageFile? Find(string path)
    {
        var name = path.StartsWith("/assets/", StringComparison.Ordinal) ? path["/assets/".Length..] : path == "/_framework/blazor.web.js" ? "blazor.web.js" : null;
        if (name is null)
            return null;
        if (s_read.TryGetValue(name, out var known))
            return known;
        using var resource = typeof(PageFiles).Assembly.GetManifestResourceStream($"page/{name}");
        if (resource is null)
            return null;
        using var content = new MemoryStream();
        resource.CopyTo(content);
        return s_read[name] = new PageFile(name, content.ToArray());
    }
}
