using System;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Unkey.Peers.Kestrel;

// The same job as the product's verifyKey, written the way an ASP.NET Core user would write it when speed matters: minimal API, Native
// AOT, source-generated JSON, no logging, everything in memory. No event, no credits, no storage: the product does more.
// Usage: unkey-kestrel PORT KEYS_FILE ROOT_KEY [FILL_TO]
if (args.Length < 3)
{
    Console.Error.WriteLine("usage: unkey-kestrel PORT KEYS_FILE ROOT_KEY [FILL_TO]");
    return 2;
}

KeyStore store = KeyStore.Load(args[1], args[2], args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 0);
WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls($"http://127.0.0.1:{args[0]}");
builder.WebHost.ConfigureKestrel(static kestrel => kestrel.AddServerHeader = false);
builder.Services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, WireContext.Default));
WebApplication app = builder.Build();
app.MapGet("/v2/liveness", static () => Results.Text("OK"));
// What the heap has handed out since the start; the load generator asks before and after.
app.MapGet("/metrics", static () => Results.Text($"allocated_bytes_total {GC.GetTotalAllocatedBytes(precise: true)}\n"));
app.MapPost("/v2/keys.verifyKey", (HttpContext context, VerifyRequest request) => VerifyEndpoint.HandleAsync(context, request, store));
app.Run();
return 0;
