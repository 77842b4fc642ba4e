[assembly: Xunit.AssemblyTrait("Category", "Unit")]
