namespace Unkey.Load.Report;

/// <summary>How a server is called and drawn in the report.</summary>
/// <param name="Title">Its name in tables, with what it does.</param>
/// <param name="Label">Its name in charts.</param>
/// <param name="Color">A colour that can be told from white and from black.</param>
internal readonly record struct ServerStyle(string Title, string Label, string Color)
{
    /// <summary>For servers that have none of their own; picked by name, so that it is the same in every chart.</summary>
    private static readonly string[] s_others = ["#a9744f", "#6f8f3a", "#5f7fbf", "#b0669b", "#4f9a94"];

    internal static ServerStyle Of(string server) => server switch
    {
        "floor" => new("C epoll floor (constant answer)", "C epoll floor", "#868e96"),
        "floor-unix" => new("C epoll floor, Unix socket (constant answer)", "C floor, Unix socket", "#6b8e9e"),
        "uring" => new("C io_uring (constant answer)", "C io_uring", "#b08900"),
        "nginx" => new("nginx (constant answer)", "nginx", "#2f9e44"),
        "redis" => new("Redis GET", "Redis GET", "#d6336c"),
        "unkey" => new("**unkey**", "unkey", "#e8590c"),
        "kestrel" => new("Kestrel minimal API, Native AOT, same job", "Kestrel", "#8b5cf6"),
        "go-fasthttp" => new("Go fasthttp, same job", "Go fasthttp", "#0ea5b7"),
        "go-nethttp" => new("Go net/http, same job", "Go net/http", "#3b82f6"),
        _ => new(server, server, Other(server)),
    };

    private static string Other(string server)
    {
        uint sum = 0;
        foreach (char c in server)
        {
            sum = (sum * 31) + c;
        }

        return s_others[sum % (uint)s_others.Length];
    }
}
